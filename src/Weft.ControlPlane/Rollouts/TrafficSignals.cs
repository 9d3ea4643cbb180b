using Weft.ControlPlane.Observe;

namespace Weft.ControlPlane.Rollouts;

/// <summary>The golden signals of a version, from what all proxies report.</summary>
internal sealed class TrafficSignals(EdgeBook book) : IRolloutSignals
{
    /// <summary>What the book remembers by tens of seconds.</summary>
    private const int WindowSecondsMax = 900;

    public RolloutSignals Of(string host, string version, TimeSpan window)
    {
        int seconds = (int)Math.Clamp(window.TotalSeconds, 1, WindowSecondsMax);
        EdgeSummary[] edges = [.. book.Summarize(seconds).Where(e => e.Id.Service == host && (version.Length == 0 || e.Id.Destination.Version == version))];
        EdgeSummary all = EdgeSummary.Merge(edges);
        return new RolloutSignals(all.Window.Requests, all.SuccessRate ?? 1, all.LatencyMs(0.99));
    }
}
