using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Cli.Resources;
using Weft.Node.Control;
using Weft.Resources;

namespace Weft.Cli.Commands;

/// <summary>`weft describe`: one resource for people: what it is, what it says, what became of it, what happened to it.</summary>
internal static class DescribeCommand
{
    private static readonly string[] Bookkeeping = ["managedFields", "name", "namespace", "labels", "annotations", "uid", "resourceVersion", "generation", "creationTimestamp"];

    private static readonly Argument<string> Kind = new("kind") { Description = "a kind, its plural or its short name", HelpName = "KIND" };
    private static readonly Argument<string> Name = new("name") { Description = "one resource", HelpName = "NAME" };

    public static Command Create()
    {
        WeftCommand command = new("describe", "Tell everything about one resource", ("a route", "weft describe virtualservice reviews"), ("a pod", "weft describe pod reviews-v1-x -n default"));
        command.Arguments.Add(Kind);
        command.Arguments.Add(Name);
        return command.Runs(RunAsync);
    }

    private static async Task<int> RunAsync(CommandContext context, CancellationToken ct)
    {
        using ControlPlaneClient client = context.Connect();
        ResourceType type = await new KindDirectory(client).OfNameAsync(context.Value(Kind)!, ct);
        JsonObject json = await client.GetAsync(ResourcePath.Item(type, type.Version, context.Namespace, context.Value(Name)!), ct) as JsonObject ?? [];
        Resource resource = new(json);
        string query = Uri.EscapeDataString($"involvedObject.name={resource.Name},involvedObject.kind={resource.Kind}");
        JsonNode? events = await client.GetAsync($"/api/v1/events?fieldSelector={query}", ct);
        JsonArray list = events?["items"] as JsonArray ?? [];
        JsonObject whole = new() { ["resource"] = json.DeepClone(), ["events"] = list.DeepClone() };
        context.Output.Write(whole, output => Describe(output, resource, list));
        return ExitCode.Done;
    }

    private static void Describe(CommandOutput output, Resource resource, JsonArray events)
    {
        output.Line($"Name:         {resource.Name}");
        if (resource.Namespace.Length > 0)
        {
            output.Line($"Namespace:    {resource.Namespace}");
        }

        output.Line($"Kind:         {resource.Kind} ({resource.ApiVersion})");
        output.Line($"Created:      {resource.Created:u}, revision {resource.Revision}, generation {resource.Generation}");
        Pairs(output, "Labels:      ", resource.Labels);
        Pairs(output, "Annotations: ", resource.Annotations.Where(a => a.Key != "kubectl.kubernetes.io/last-applied-configuration"));
        JsonObject metadata = new((resource.Metadata ?? []).Where(m => !Bookkeeping.Contains(m.Key)).Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));
        if (metadata.Count > 0)
        {
            Section(output, "Metadata", metadata);
        }

        foreach ((string name, JsonNode? value) in resource.Json.Where(f => f.Key is not ("apiVersion" or "kind" or "metadata")))
        {
            bool secret = resource is { Group: "", Kind: "Secret" } && name == "data" && value is JsonObject;
            Section(output, char.ToUpperInvariant(name[0]) + name[1..], secret ? Sizes((JsonObject)value!) : value);
        }

        output.Line(events.Count == 0 ? "Events:       none" : "Events:");
        foreach (JsonNode? e in events)
        {
            output.Line($"  {e?["lastTimestamp"] ?? e?["eventTime"]}  {e?["type"]}  {e?["reason"]}  {e?["message"]}");
        }
    }

    private static void Section(CommandOutput output, string title, JsonNode? value)
    {
        output.Line($"{title}:");
        using StringWriter text = new();
        YamlText.Write(text, value);
        foreach (string line in text.ToString().TrimEnd().Split('\n'))
        {
            output.Line("  " + line);
        }
    }

    /// <summary>A description is read over shoulders: of a Secret it tells sizes only.</summary>
    private static JsonObject Sizes(JsonObject data) =>
        new(data.Select(d => KeyValuePair.Create<string, JsonNode?>(d.Key, $"{(d.Value?.ToString().Length ?? 0) * 3 / 4} bytes")));

    private static void Pairs(CommandOutput output, string head, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        string[] lines = [.. pairs.Select(p => $"{p.Key}={p.Value}")];
        output.Line($"{head} {(lines.Length == 0 ? "none" : lines[0])}");
        foreach (string line in lines.Skip(1))
        {
            output.Line($"              {line}");
        }
    }
}
