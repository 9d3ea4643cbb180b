using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.ControlPlane.Api.Tables;

/// <summary>The columns of each kind: those of Kubernetes for its kinds, the printer columns of the definition for others.</summary>
internal static class TableColumns
{
    private static readonly ConcurrentDictionary<ResourceType, IReadOnlyList<TableColumn>> Built = new();

    private static readonly TableColumn Name = new("Name", "string", (r, _) => r.Name, 0, "Name must be unique within a namespace.");
    private static readonly TableColumn Age = new("Age", "string", (r, c) => AgeOf(r.Created, c.Now), 0, "How long ago it was created.");

    public static IReadOnlyList<TableColumn> Of(ResourceType type) => Built.GetOrAdd(type, static t => [Name, .. Own(t)]);

    private static IEnumerable<TableColumn> Own(ResourceType type) => (type.Group, type.Kind) switch
    {
        ("", "Namespace") => [Field("Status", ".status.phase"), Age],
        ("", "Service") =>
        [
            Field("Type", ".spec.type"), Text("Cluster-IP", r => Or(r, ".spec.clusterIP", "<none>")), Text("External-IP", ExternalIp),
            Text("Port(s)", ServicePorts), Age, Text("Selector", r => Labels(r.Spec?["selector"]), 1),
        ],
        ("", "Pod") =>
        [
            Text("Ready", PodReady), Text("Status", PodStatus), Text("Restarts", PodRestarts), Age,
            Text("IP", r => Or(r, ".status.podIP", "<none>"), 1), Text("Node", r => Or(r, ".spec.nodeName", "<none>"), 1),
            Text("Nominated Node", _ => "<none>", 1), Text("Readiness Gates", _ => "<none>", 1),
        ],
        ("", "ServiceAccount") => [Text("Secrets", r => Count(r.Json["secrets"])), Age],
        ("", "ConfigMap") => [Text("Data", r => Number(Size(r.Json["data"]) + Size(r.Json["binaryData"]))), Age],
        ("", "Secret") => [Field("Type", ".type"), Text("Data", r => Count(r.Json["data"])), Age],
        ("", "Endpoints") => [Text("Endpoints", Endpoints), Age],
        ("", "Event") => [Text("Last Seen", LastSeen), Field("Type", ".type"), Field("Reason", ".reason"), Text("Object", EventObject), Field("Message", ".message")],
        ("apps", "Deployment") =>
        [
            Text("Ready", r => $"{Whole(r, ".status.readyReplicas")}/{Whole(r, ".spec.replicas")}"), Text("Up-to-date", r => Number(Whole(r, ".status.updatedReplicas"))),
            Text("Available", r => Number(Whole(r, ".status.availableReplicas"))), Age, Text("Containers", r => Containers(r, "name"), 1),
            Text("Images", r => Containers(r, "image"), 1), Text("Selector", r => Labels(r.Spec?["selector"]?["matchLabels"]), 1),
        ],
        ("apps", "ReplicaSet") => [Text("Desired", r => Number(Whole(r, ".spec.replicas"))), Text("Current", r => Number(Whole(r, ".status.replicas"))), Text("Ready", r => Number(Whole(r, ".status.readyReplicas"))), Age],
        ("apps", "StatefulSet") => [Text("Ready", r => $"{Whole(r, ".status.readyReplicas")}/{Whole(r, ".spec.replicas")}"), Age],
        ("apps", "DaemonSet") => [Text("Desired", r => Number(Whole(r, ".status.desiredNumberScheduled"))), Text("Ready", r => Number(Whole(r, ".status.numberReady"))), Age],
        ("discovery.k8s.io", "EndpointSlice") =>
        [
            Field("AddressType", ".addressType"),
            Text("Ports", r => Join((r.Json["ports"] as JsonArray ?? []).Select(p => p?["port"]?.ToString()))),
            Text("Endpoints", r => Join((r.Json["endpoints"] as JsonArray ?? []).SelectMany(e => e?["addresses"] as JsonArray ?? []).Select(a => a?.ToString()))), Age,
        ],
        ("networking.k8s.io", "Ingress") =>
        [
            Text("Class", r => Or(r, ".spec.ingressClassName", "<none>")),
            Text("Hosts", r => Join((r.Spec?["rules"] as JsonArray ?? []).Select(h => (string?)h?["host"] ?? "*"))),
            Text("Address", r => Or(r, ".status.loadBalancer.ingress[0].ip", "")), Text("Ports", r => r.Spec?["tls"] is null ? "80" : "80, 443"), Age,
        ],
        ("networking.k8s.io", "IngressClass") => [Field("Controller", ".spec.controller"), Age],
        ("apiextensions.k8s.io", _) => [Text("Created At", r => r.Metadata?["creationTimestamp"]?.ToString() ?? "")],
        _ => [.. type.Columns.Select(Printer), Age],
    };

    private static TableColumn Printer(ResourceColumn column) => new(column.Name, column.Type == "date" ? "string" : column.Type, (r, c) =>
    {
        JsonNode? value = PrinterPath.Read(r.Json, column.Path);
        return value switch
        {
            null => null,
            JsonArray or JsonObject => value.ToJsonString(),
            _ when column.Type == "date" && DateTimeOffset.TryParse(value.ToString(), CultureInfo.InvariantCulture, out DateTimeOffset at) => AgeOf(at, c.Now),
            _ when column.Type == "string" && value.GetValueKind() != JsonValueKind.String => value.ToJsonString(),
            _ => value,
        };
    }, column.Priority);

    private static TableColumn Field(string name, string path, int priority = 0) => new(name, "string", (r, _) => PrinterPath.Read(r.Json, path)?.ToString() ?? "", priority);

    private static TableColumn Text(string name, Func<Resource, string> cell, int priority = 0) => new(name, "string", (r, _) => cell(r), priority);

    private static string Or(Resource resource, string path, string otherwise) => PrinterPath.Read(resource.Json, path)?.ToString() is { Length: > 0 } text ? text : otherwise;

    private static long Whole(Resource resource, string path) => long.TryParse(PrinterPath.Read(resource.Json, path)?.ToString(), out long value) ? value : 0;

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static int Size(JsonNode? node) => node switch { JsonObject o => o.Count, JsonArray a => a.Count, _ => 0 };

    private static string Count(JsonNode? node) => Number(Size(node));

    private static string Labels(JsonNode? labels) => labels is JsonObject { Count: > 0 } map ? string.Join(",", map.Select(l => $"{l.Key}={l.Value}")) : "<none>";

    private static string Join(IEnumerable<string?> parts)
    {
        const int shown = 3;
        string[] all = [.. parts.Where(p => p is { Length: > 0 }).Select(p => p!)];
        return all.Length == 0 ? "<none>" : string.Join(",", all.Take(shown)) + (all.Length > shown ? $" + {all.Length - shown} more..." : "");
    }

    private static string ServicePorts(Resource service) => (service.Spec?["ports"] as JsonArray) is { Count: > 0 } ports
        ? string.Join(",", ports.Select(p => $"{p?["port"]}{(p?["nodePort"] is { } node ? $":{node}" : "")}/{(string?)p?["protocol"] ?? "TCP"}"))
        : "<none>";

    private static string ExternalIp(Resource service) => (string?)service.Spec?["type"] switch
    {
        "ExternalName" => Or(service, ".spec.externalName", "<none>"),
        "LoadBalancer" => Or(service, ".status.loadBalancer.ingress[0].ip", "<pending>"),
        _ => Join((service.Spec?["externalIPs"] as JsonArray ?? []).Select(i => i?.ToString())),
    };

    private static string Containers(Resource deployment, string field) =>
        string.Join(",", (deployment.Spec?["template"]?["spec"]?["containers"] as JsonArray ?? []).Select(c => (string?)c?[field] ?? ""));

    private static string PodReady(Resource pod)
    {
        int all = Size(pod.Spec?["containers"]);
        bool ready = Or(pod, """.status.conditions[?(@.type=="Ready")].status""", "False") == "True";
        return pod.Status?["containerStatuses"] is JsonArray statuses
            ? $"{statuses.Count(s => (bool?)s?["ready"] ?? false)}/{all}"
            : $"{(ready ? all : 0)}/{all}";
    }

    private static string PodStatus(Resource pod) =>
        pod.Metadata?["deletionTimestamp"] is not null ? "Terminating"
        : Or(pod, ".status.containerStatuses[0].state.waiting.reason", Or(pod, ".status.reason", Or(pod, ".status.phase", "Unknown")));

    private static string PodRestarts(Resource pod) =>
        Number((pod.Status?["containerStatuses"] as JsonArray ?? []).Sum(s => long.TryParse(s?["restartCount"]?.ToJsonString(), out long count) ? count : 0));

    private static string Endpoints(Resource endpoints) => Join((endpoints.Json["subsets"] as JsonArray ?? []).SelectMany(s =>
        (s?["addresses"] as JsonArray ?? []).SelectMany(a => (s?["ports"] as JsonArray ?? []).Select(p => $"{a?["ip"]}:{p?["port"]}"))));

    private static string LastSeen(Resource e) => Or(e, ".lastTimestamp", Or(e, ".eventTime", ""));

    private static string EventObject(Resource e) => $"{Or(e, ".involvedObject.kind", "").ToLowerInvariant()}/{Or(e, ".involvedObject.name", "")}";

    /// <summary>As kubectl shortens durations: two units while small, one when large.</summary>
    internal static string AgeOf(DateTimeOffset since, DateTimeOffset now)
    {
        if (since == DateTimeOffset.MinValue)
        {
            return "<unknown>";
        }

        TimeSpan age = now > since ? now - since : TimeSpan.Zero;
        (long seconds, long minutes, long hours, long days) = ((long)age.TotalSeconds, (long)age.TotalMinutes, (long)age.TotalHours, (long)age.TotalDays);
        return age switch
        {
            { TotalSeconds: < 120 } => $"{seconds}s",
            { TotalMinutes: < 10 } => seconds % 60 == 0 ? $"{minutes}m" : $"{minutes}m{seconds % 60}s",
            { TotalHours: < 3 } => $"{minutes}m",
            { TotalHours: < 8 } => minutes % 60 == 0 ? $"{hours}h" : $"{hours}h{minutes % 60}m",
            { TotalHours: < 48 } => $"{hours}h",
            { TotalDays: < 8 } => hours % 24 == 0 ? $"{days}d" : $"{days}d{hours % 24}h",
            { TotalDays: < 730 } => $"{days}d",
            _ => $"{days / 365}y",
        };
    }
}
