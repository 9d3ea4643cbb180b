using System.Text.Json.Nodes;
using Weft.Node.Pods;

namespace Weft.Node.Agent;

/// <summary>Reads a v1 Pod as this node runs it. Pure.</summary>
internal static class PodReader
{
    public const string NodeName = "nodeName";

    public static string Text(JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (string name in path) { node = (node as JsonObject)?[name]; }
        return node is JsonValue value && value.TryGetValue(out string? text) ? text : "";
    }

    public static string Key(JsonObject pod) => $"{Text(pod, "metadata", "namespace")}/{Text(pod, "metadata", "name")}";

    public static string Image(JsonObject pod) => Text(FirstContainer(pod), "image");

    public static bool IsReady(JsonObject pod) =>
        (pod["status"]?["conditions"] as JsonArray)?.OfType<JsonObject>().Any(c => Text(c, "type") == "Ready" && Text(c, "status") == "True") ?? false;

    public static PodPlan Plan(JsonObject pod, LocalProgram program, PodMode mode, string output)
    {
        JsonObject? container = FirstContainer(pod);
        var environment = new Dictionary<string, string>(program.Environment, StringComparer.Ordinal);
        foreach (JsonObject variable in Objects(container?["env"]))
        {
            // valueFrom needs things that a machine without a cluster has not; the program's own mapping can give them.
            if (variable["value"] is not null) { environment[Text(variable, "name")] = Text(variable, "value"); }
        }

        return new PodPlan
        {
            Namespace = Text(pod, "metadata", "namespace"),
            Name = Text(pod, "metadata", "name"),
            Uid = Text(pod, "metadata", "uid"),
            ServiceAccount = Text(pod, "spec", "serviceAccountName") is { Length: > 0 } account ? account : "default",
            Address = Text(pod, "status", "podIP"),
            Command = [.. program.Command, .. Strings(container?["args"])],
            WorkingDirectory = program.WorkingDirectory,
            Environment = environment,
            Ports = [.. Objects(pod["spec"]?["containers"]).SelectMany(c => Objects(c["ports"])).Select(Port).OfType<PodPort>()],
            HostPorts = program.HostPorts,
            Mode = mode,
            Output = output,
        };
    }

    private static PodPort? Port(JsonObject port)
    {
        bool tcp = Text(port, "protocol") is "" or "TCP";
        return tcp && port["containerPort"] is JsonValue value && value.TryGetValue(out int number) ? new PodPort(number, Text(port, "name")) : null;
    }

    private static JsonObject? FirstContainer(JsonObject pod) => Objects(pod["spec"]?["containers"]).FirstOrDefault();

    private static IEnumerable<JsonObject> Objects(JsonNode? list) => (list as JsonArray)?.OfType<JsonObject>() ?? [];

    private static IEnumerable<string> Strings(JsonNode? list) => (list as JsonArray)?.OfType<JsonValue>().Select(v => v.ToString()) ?? [];
}
