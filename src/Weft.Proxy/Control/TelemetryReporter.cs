using Weft.Primitives;
using Weft.Protocol.Telemetry.V1;
using Weft.Proxy.Overload;
using Weft.Telemetry;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Records;
using Weft.Transport;

namespace Weft.Proxy.Control;

/// <summary>Tells the control plane sums per edge, and tapped requests while somebody watches. Control loop only.</summary>
internal sealed class TelemetryReporter(EventLoop loop, TelemetryHub hub, string workload, TimeProvider time, Func<ProxyLoad> load, ClusterSamples clusters)
{
    private const string ReportMethod = "/weft.telemetry.v1.Telemetry/Report";

    /// <summary>How often edges that changed are told.</summary>
    internal const long PeriodMs = 1_000;

    /// <summary>How often something is told even at rest, so that the page shows memory and that we live.</summary>
    private const int IdlePeriods = 10;

    private const int TapsPerReportMax = 500;

    private readonly ulong _startedUnixMs = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly Dictionary<Edge, ulong> _told = [];
    private readonly List<TapEvent> _taps = [];
    private IGrpcCall? _call;
    private OverloadStep _toldStep;
    private bool _isStopped;

    /// <summary>Goes out with the next report.</summary>
    public void Take(TapEvent tapped)
    {
        if (_taps.Count < TapsPerReportMax)
        {
            _taps.Add(tapped);
        }
    }

    /// <summary>Runs over one connection until it ends.</summary>
    public async LoopTask RunAsync(IGrpcConnection connection)
    {
        if (_isStopped)
        {
            return;
        }

        IGrpcCall call = connection.Start(ReportMethod);
        _call = call;

        // What the last stream was told may not have arrived: a new one is told all.
        _told.Clear();
        clusters.Forget();
        int idle = IdlePeriods;
        bool isFirst = true;
        while (connection.IsUsable && !_isStopped)
        {
            TelemetryReport report = Make(isFirst);
            if (HasNews(report) || ++idle >= IdlePeriods)
            {
                _toldStep = (OverloadStep)report.Self.OverloadStep;
                idle = 0;
                isFirst = false;
                if (!call.Send(report))
                {
                    return;
                }
            }

            await loop.DelayAsync(PeriodMs);
        }
    }

    /// <summary>What was counted since the last report, before the proxy ends. Nothing happens while nobody listens: it is lost with the connection.</summary>
    public void TellNow()
    {
        TelemetryReport report = Make(isFirst: false);
        if (HasNews(report))
        {
            _ = _call?.Send(report);
        }
    }

    /// <summary>Tells the last sums and no more: another process counts for this workload from now on, from nothing.</summary>
    public void Stop()
    {
        TellNow();
        _isStopped = true;
        _call?.Finish();
    }

    private TelemetryReport Make(bool isFirst)
    {
        ProxyLoad now = load();
        var report = new TelemetryReport { UnixMs = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), Self = Self(now) };
        if (isFirst)
        {
            report.Workload = workload;
            report.StartedUnixMs = _startedUnixMs;
        }

        foreach (Edge edge in hub.Edges.Snapshot())
        {
            ulong activity = edge.Activity;
            if (_told.GetValueOrDefault(edge) != activity)
            {
                _told[edge] = activity;
                AddSamples(report, edge.Merge());
            }
        }

        report.Clusters = clusters.TakeNews();
        report.Taps.AddRange(_taps);
        _taps.Clear();
        return report;
    }

    private bool HasNews(TelemetryReport report) =>
        report.Edges.Count + report.Taps.Count > 0 || report.Clusters is not null || report.Self.OverloadStep != (uint)_toldStep;

    private ProxySelf Self(ProxyLoad now) => new()
    {
        RssBytes = (ulong)Environment.WorkingSet,
        CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds,
        Connections = (ulong)now.Connections,
        LogDrops = (ulong)hub.LineDrops,
        OverloadStep = (uint)now.Overload.Step,
        Overload = now.Overload.Step == OverloadStep.None ? "" : now.Overload.Describe(),
    };

    private static void AddSamples(TelemetryReport report, EdgeTotals edge)
    {
        foreach (IGrouping<RequestProtocol, ResponseTotals> protocol in edge.Responses.GroupBy(r => r.Key.Protocol))
        {
            EdgeSample sample = Sample(edge.Edge.Key, protocol.Key == RequestProtocol.Grpc ? "grpc" : "http");
            sample.LatencyBuckets.AddRange(new ulong[LatencyBounds.BucketCount]);
            foreach (ResponseTotals ending in protocol)
            {
                Add(sample, ending);
            }

            report.Edges.Add(sample);
        }

        if (edge.HasTcp)
        {
            EdgeSample sample = Sample(edge.Edge.Key, "tcp");
            sample.TcpOpened = edge.TcpOpened;
            sample.TcpClosed = edge.TcpClosed;
            sample.BytesSent = edge.TcpSent;
            sample.BytesReceived = edge.TcpReceived;
            report.Edges.Add(sample);
        }
    }

    private static void Add(EdgeSample sample, ResponseTotals ending)
    {
        ulong count = ending.Count;
        sample.Requests += count;
        sample.Failures += IsFailure(ending.Key) ? count : 0;
        StatusCount? status = sample.Statuses.FirstOrDefault(s => s.Status == (uint)ending.Key.Status);
        if (status is null)
        {
            sample.Statuses.Add(status = new StatusCount { Status = (uint)ending.Key.Status });
        }

        status.Count += count;
        for (int i = 0; i < ending.Latency.Counts.Length; i++)
        {
            sample.LatencyBuckets[i] += ending.Latency.Counts[i];
        }

        sample.LatencySumMs += ending.Latency.Sum;
        sample.BytesSent += (ulong)ending.RequestBytes.Sum;
        sample.BytesReceived += (ulong)ending.ResponseBytes.Sum;
    }

    private static bool IsFailure(ResponseKey key) =>
        key.Status >= 500 || (key.Fault != Fault.None && key.Fault.Info().Blame != Blame.Client)
        || (key.Protocol == RequestProtocol.Grpc && key.GrpcStatus is 2 or 4 or 8 or 13 or 14 or 15);

    private static EdgeSample Sample(EdgeKey key, string protocol) => new()
    {
        Source = ToParty(key.Source),
        Destination = ToParty(key.Destination),
        DestinationService = key.Service,
        Port = (uint)key.Port,
        Outbound = key.Outbound,
        Protocol = protocol,
        Mtls = key.MutualTls,
    };

    private static Weft.Protocol.Telemetry.V1.Party ToParty(Weft.Telemetry.Metrics.Party party) => new()
    {
        Workload = party.Workload, Namespace = party.Namespace, Principal = party.Principal, App = party.App, Version = party.Version,
    };
}

/// <summary>What the proxy carries now.</summary>
internal readonly record struct ProxyLoad(int Connections, OverloadReport Overload);
