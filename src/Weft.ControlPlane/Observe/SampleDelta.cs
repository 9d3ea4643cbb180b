using Weft.Protocol.Telemetry.V1;

namespace Weft.ControlPlane.Observe;

/// <summary>The difference between two sums of one reporter. Pure.</summary>
internal static class SampleDelta
{
    /// <param name="before">Null: counted from zero.</param>
    public static TrafficCounts Of(EdgeSample now, EdgeSample? before)
    {
        ulong requests = Minus(now.Requests, before?.Requests);
        ulong opened = Minus(now.TcpOpened, before?.TcpOpened);
        var counts = new TrafficCounts
        {
            Requests = requests,
            Failures = Minus(now.Failures, before?.Failures),
            Encrypted = now.Mtls ? requests + opened : 0,
            Carried = now.Mtls || ReachedSomebody(now) ? requests + opened : 0,
            LatencySumMs = Math.Max(0, now.LatencySumMs - (before?.LatencySumMs ?? 0)),
            Opened = opened,
            Closed = Minus(now.TcpClosed, before?.TcpClosed),
            BytesSent = Minus(now.BytesSent, before?.BytesSent),
            BytesReceived = Minus(now.BytesReceived, before?.BytesReceived),
        };
        if (requests > 0 && now.LatencyBuckets.Count > 0)
        {
            ulong[] buckets = new ulong[now.LatencyBuckets.Count];
            for (int i = 0; i < buckets.Length; i++)
            {
                buckets[i] = Minus(now.LatencyBuckets[i], before is not null && i < before.LatencyBuckets.Count ? before.LatencyBuckets[i] : 0);
            }

            counts.AddLatency(buckets);
        }

        return counts;
    }

    public static void AddStatuses(EdgeTraffic edge, EdgeSample now, EdgeSample? before)
    {
        foreach (StatusCount status in now.Statuses)
        {
            ulong added = Minus(status.Count, before?.Statuses.FirstOrDefault(s => s.Status == status.Status)?.Count);
            if (added > 0)
            {
                edge.AddStatus(status.Status, added);
            }
        }
    }

    private static bool ReachedSomebody(EdgeSample sample) => sample.Destination?.Workload is { Length: > 0 } and not "unknown";

    private static ulong Minus(ulong now, ulong? before) => before is { } b && b <= now ? now - b : before is null ? now : 0;
}
