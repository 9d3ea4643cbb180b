using Weft.Protocol.Telemetry.V1;

namespace Weft.ControlPlane.Observe;

/// <summary>
/// All edges. Reports carry sums since the proxy started; the book keeps the last sum of each and adds the difference, so
/// a lost report loses nothing and a restarted proxy counts from zero. Thread-safe.
/// </summary>
internal sealed class EdgeBook(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<EdgeId, EdgeTraffic> _edges = [];
    private readonly Dictionary<string, Reporter> _reporters = new(StringComparer.Ordinal);
    private readonly DateTimeOffset _since = time.GetUtcNow();
    private int _baselines;

    /// <summary>Edges that were dropped to stay inside the limit, since start.</summary>
    public long Dropped { get; private set; }

    public void Take(string workload, TelemetryReport report)
    {
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        lock (_gate)
        {
            Reporter reporter = ReporterUnderGate(workload, report.StartedUnixMs);
            reporter.Self = report.Self ?? reporter.Self;
            reporter.Clusters = report.Clusters ?? reporter.Clusters;
            reporter.LastSeconds = now;
            foreach (EdgeSample sample in report.Edges)
            {
                TakeUnderGate(reporter, sample, now);
            }

            reporter.IsFirst = false;
        }
    }

    /// <summary>A workload whose pod is gone: its sums are forgotten, its traffic stays in the history.</summary>
    public void Forget(string workload)
    {
        lock (_gate)
        {
            if (_reporters.Remove(workload, out Reporter? reporter))
            {
                _baselines -= reporter.Last.Count;
            }
        }
    }

    public ProxySelf? SelfOf(string workload)
    {
        lock (_gate)
        {
            return _reporters.GetValueOrDefault(workload)?.Self;
        }
    }

    /// <summary>What each proxy last told of its clusters' limits, ejections and health, by proxy, then cluster.</summary>
    public IReadOnlyList<(string Workload, ClusterSample Cluster)> Clusters()
    {
        lock (_gate)
        {
            return [.. _reporters.OrderBy(r => r.Key, StringComparer.Ordinal).SelectMany(r => r.Value.Clusters.Clusters.Select(c => (r.Key, c)))];
        }
    }

    /// <summary>Every edge with traffic in the window (or ever, when <paramref name="withQuiet"/>), by source, then destination.</summary>
    public IReadOnlyList<EdgeSummary> Summarize(int seconds, bool withQuiet = false)
    {
        DateTimeOffset now = time.GetUtcNow();
        long nowSeconds = now.ToUnixTimeSeconds();
        // Right after the start the window is not full yet; dividing by all of it would show too little.
        int covered = Math.Clamp((int)(now - _since).TotalSeconds, 1, seconds);
        lock (_gate)
        {
            return [.. _edges.Values
                .Select(e => EdgeSummary.Of(e, nowSeconds, seconds, covered))
                .Where(s => withQuiet || !s.IsQuiet)
                .OrderBy(s => s.Id.Source.Id, StringComparer.Ordinal)
                .ThenBy(s => s.Id.Destination.Id, StringComparer.Ordinal)
                .ThenBy(s => s.Id.Port)];
        }
    }

    private void TakeUnderGate(Reporter reporter, EdgeSample sample, long now)
    {
        if (!Counts(sample))
        {
            return;
        }

        var key = new SampleKey(
            Fields(sample.Source), Fields(sample.Destination), sample.DestinationService, sample.Port, sample.Outbound, sample.Protocol, sample.Mtls);
        bool known = reporter.Last.TryGetValue(key, out EdgeSample? last);
        if (!known && _baselines >= TrafficLimits.BaselinesMax)
        {
            return;
        }

        reporter.Last[key] = sample;
        _baselines += known ? 0 : 1;
        if (reporter.IsFirst && reporter.IsOlderThanUs)
        {
            return; // sums from before our time: a base to count from, not traffic of this second
        }

        // Sums that fell mean that the proxy began anew.
        bool restarted = last is not null && (sample.Requests < last.Requests || sample.TcpOpened < last.TcpOpened);
        TrafficCounts counts = SampleDelta.Of(sample, restarted ? null : last);
        if (counts.IsEmpty)
        {
            return;
        }

        EdgeTraffic edge = EdgeUnderGate(EdgeOf(sample));
        edge.Add(now, counts);
        SampleDelta.AddStatuses(edge, sample, restarted ? null : last);
    }

    /// <summary>
    /// Both ends report the same request. The source's word is taken, because it knows both workloads and the latency the
    /// caller saw; the destination's only for callers that have no proxy to tell.
    /// </summary>
    private static bool Counts(EdgeSample sample) => sample.Outbound || MapNode.Known(sample.Source?.Principal ?? "").Length == 0;

    private static EdgeId EdgeOf(EdgeSample sample) => new(
        sample.Outbound ? MapNode.Of(sample.Source, "") : MapNode.Outside,
        MapNode.Of(sample.Destination, sample.DestinationService),
        sample.DestinationService,
        sample.Port,
        sample.Protocol);

    private EdgeTraffic EdgeUnderGate(EdgeId id)
    {
        if (_edges.TryGetValue(id, out EdgeTraffic? edge))
        {
            return edge;
        }

        if (_edges.Count >= TrafficLimits.EdgesMax)
        {
            _edges.Remove(_edges.Values.MinBy(e => e.LastSeconds)!.Id);
            Dropped++;
        }

        return _edges[id] = new EdgeTraffic(id);
    }

    private Reporter ReporterUnderGate(string workload, ulong startedUnixMs)
    {
        if (!_reporters.TryGetValue(workload, out Reporter? reporter) || (startedUnixMs != 0 && reporter.StartedUnixMs != startedUnixMs))
        {
            _baselines -= reporter?.Last.Count ?? 0;
            reporter = new Reporter(startedUnixMs, startedUnixMs == 0 || startedUnixMs < (ulong)_since.ToUnixTimeMilliseconds());
            _reporters[workload] = reporter;
        }

        return reporter;
    }

    private static (string, string, string, string, string) Fields(Party? p) =>
        p is null ? default : (p.Namespace, p.Workload, p.Principal, p.App, p.Version);

    private sealed class Reporter(ulong startedUnixMs, bool isOlderThanUs)
    {
        public ulong StartedUnixMs => startedUnixMs;

        public bool IsOlderThanUs => isOlderThanUs;

        public bool IsFirst { get; set; } = true;

        public long LastSeconds { get; set; }

        public ProxySelf? Self { get; set; }

        public ClusterReport Clusters { get; set; } = new();

        public Dictionary<SampleKey, EdgeSample> Last { get; } = [];
    }

    private readonly record struct SampleKey(
        (string, string, string, string, string) Source, (string, string, string, string, string) Destination,
        string Service, uint Port, bool Outbound, string Protocol, bool Mtls);
}
