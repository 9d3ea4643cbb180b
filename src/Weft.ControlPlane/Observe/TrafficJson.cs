using System.Text.Json.Nodes;

namespace Weft.ControlPlane.Observe;

/// <summary>Edges as JSON. Fields may be added, never renamed (docs/interfaces).</summary>
internal static class TrafficJson
{
    public static JsonObject Edge(EdgeSummary edge)
    {
        JsonObject json = Signals(edge);
        json["source"] = Node(edge.Id.Source);
        json["destination"] = Node(edge.Id.Destination);
        json["service"] = edge.Id.Service;
        json["port"] = edge.Id.Port;
        json["protocol"] = edge.Id.Protocol;
        var statuses = new JsonObject();
        foreach ((uint status, ulong count) in edge.Statuses.OrderBy(s => s.Key))
        {
            statuses[status == 0 ? "other" : status.ToString()] = count;
        }

        json["statuses"] = statuses;
        json["sparkline"] = new JsonArray([.. edge.Sparkline.Select(n => (JsonNode)n)]);
        return json;
    }

    public static JsonObject Signals(EdgeSummary edge) => new()
    {
        ["requestsPerSecond"] = Math.Round(edge.RequestsPerSecond, 2),
        ["successRate"] = edge.SuccessRate is { } rate ? Math.Round(rate, 5) : null,
        ["latencyMs"] = edge.Window.Requests == 0 ? null : new JsonObject
        {
            ["p50"] = Math.Round(edge.LatencyMs(0.50), 2),
            ["p90"] = Math.Round(edge.LatencyMs(0.90), 2),
            ["p99"] = Math.Round(edge.LatencyMs(0.99), 2),
        },
        ["mtls"] = edge.EncryptedShare is { } share ? Math.Round(share, 4) : null,
        ["requests"] = edge.Window.Requests,
        ["failures"] = edge.Window.Failures,
        ["totalRequests"] = edge.TotalRequests,
        ["totalFailures"] = edge.TotalFailures,
        ["openConnections"] = edge.OpenConnections,
        ["bytesSentPerSecond"] = Math.Round((double)edge.Window.BytesSent / edge.Seconds, 1),
        ["bytesReceivedPerSecond"] = Math.Round((double)edge.Window.BytesReceived / edge.Seconds, 1),
    };

    public static JsonObject Node(MapNode node) => new()
    {
        ["id"] = node.Id,
        ["namespace"] = node.Namespace,
        ["app"] = node.App,
        ["version"] = node.Version,
        ["outside"] = node.IsOutside,
    };

    /// <summary>Golden signals of what each workload version or service was asked, by name.</summary>
    public static JsonArray Stat(IReadOnlyList<EdgeSummary> edges, bool byService)
    {
        var rows = new JsonArray();
        foreach (IGrouping<string, EdgeSummary> group in edges
            .Where(e => !byService || e.Id.Service.Length > 0)
            .GroupBy(e => byService ? e.Id.Service : e.Id.Destination.Id, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            JsonObject row = Signals(EdgeSummary.Merge([.. group]));
            MapNode node = group.First().Id.Destination;
            row["name"] = byService ? group.Key : node.Name;
            row["namespace"] = node.Namespace;
            row["app"] = node.App;
            row["version"] = byService ? "" : node.Version;
            rows.Add(row);
        }

        return rows;
    }
}
