using System.Text.Json.Nodes;
using Weft.Protocol.Telemetry.V1;

namespace Weft.ControlPlane.Observe;

/// <summary>Circuit breakers as clients see them: each proxy limits for itself.</summary>
internal static class BreakerJson
{
    public static JsonArray Of(IEnumerable<(string Workload, ClusterSample Cluster)> clusters) => new([.. clusters.Select(c => (JsonNode)new JsonObject
    {
        ["client"] = c.Workload,
        ["cluster"] = c.Cluster.Name,
        ["service"] = c.Cluster.Service,
        ["namespace"] = c.Cluster.Namespace,
        ["connections"] = Limit(c.Cluster.Connections),
        ["pending"] = Limit(c.Cluster.Pending),
        ["requests"] = Limit(c.Cluster.Requests),
        ["retries"] = Limit(c.Cluster.Retries),
        ["endpoints"] = c.Cluster.Endpoints,
        ["ejected"] = c.Cluster.Ejected,
        ["unhealthy"] = c.Cluster.Unhealthy,
        ["ejections"] = c.Cluster.Ejections,
    })]);

    /// <summary>Without a limit that field is left out, and it is never open.</summary>
    private static JsonObject Limit(LimitSample? sample)
    {
        JsonObject json = new() { ["used"] = sample?.Used ?? 0, ["overflows"] = sample?.Overflows ?? 0 };
        if (sample is { Limit: > 0 })
        {
            json["limit"] = sample.Limit;
            json["open"] = sample.Used >= sample.Limit;
        }

        return json;
    }
}
