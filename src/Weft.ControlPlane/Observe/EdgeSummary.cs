using Weft.Telemetry.Metrics;

namespace Weft.ControlPlane.Observe;

/// <summary>The golden signals of one edge over a window. Immutable.</summary>
internal sealed record EdgeSummary(EdgeId Id, TrafficCounts Window, int Seconds)
{
    public ulong TotalRequests { get; private init; }

    public ulong TotalFailures { get; private init; }

    public ulong OpenConnections { get; private init; }

    public IReadOnlyDictionary<uint, ulong> Statuses { get; private init; } = new Dictionary<uint, ulong>();

    public IReadOnlyList<ulong> Sparkline { get; private init; } = [];

    public bool IsQuiet => Window.IsEmpty && OpenConnections == 0;

    public double RequestsPerSecond => (double)Window.Requests / Seconds;

    /// <summary>Null without requests: nothing succeeded and nothing failed.</summary>
    public double? SuccessRate => Window.Requests == 0 ? null : 1.0 - ((double)Window.Failures / Window.Requests);

    /// <summary>Share of requests and connections over mutual TLS: of the window, or of all time when the window was quiet; null where nobody was reached.</summary>
    public double? EncryptedShare => Share(Window) ?? TotalEncryptedShare;

    private double? TotalEncryptedShare { get; init; }

    public static EdgeSummary Of(EdgeTraffic edge, long now, int seconds, int covered) => new(edge.Id, edge.Sum(now, seconds), covered)
    {
        TotalRequests = edge.Total.Requests,
        TotalFailures = edge.Total.Failures,
        TotalEncryptedShare = Share(edge.Total),
        OpenConnections = edge.Total.Opened - Math.Min(edge.Total.Opened, edge.Total.Closed),
        Statuses = edge.Statuses.ToDictionary(),
        Sparkline = [.. edge.Sparkline(now, 30)],
    };

    /// <summary>Several edges as one: a workload's or a service's row.</summary>
    public static EdgeSummary Merge(IReadOnlyCollection<EdgeSummary> edges)
    {
        var window = new TrafficCounts();
        foreach (EdgeSummary edge in edges)
        {
            window.Add(edge.Window);
        }

        return new EdgeSummary(default, window, edges.Count == 0 ? 1 : edges.Max(e => e.Seconds))
        {
            TotalRequests = edges.Aggregate(0UL, (sum, e) => sum + e.TotalRequests),
            TotalFailures = edges.Aggregate(0UL, (sum, e) => sum + e.TotalFailures),
            OpenConnections = edges.Aggregate(0UL, (sum, e) => sum + e.OpenConnections),
        };
    }

    private static double? Share(TrafficCounts counts) =>
        counts.Carried > 0 ? Math.Min(1.0, (double)counts.Encrypted / counts.Carried) : null;

    public double LatencyMs(double quantile) => Window.Latency.IsEmpty ? 0 : LatencyBounds.Quantile(Window.Latency, quantile);
}
