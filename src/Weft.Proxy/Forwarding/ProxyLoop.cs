using System.Text;
using Weft.Http.Http1;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>The data path of one loop: its pools, counters and random numbers. That loop only.</summary>
public sealed class ProxyLoop
{
    private const long ClockResyncMs = 1_000;

    private long _clockBaseTicks;
    private long _clockBaseMicros;
    private WorkloadModel? _sourceOf;
    private byte[] _source = [];

    public ProxyLoop(EventLoop loop, int index, ProxyParts parts)
    {
        Loop = loop;
        Parts = parts;
        Telemetry = parts.Telemetry.Loops[index];
        Pool = new Http1ClientPool(loop);
    }

    public EventLoop Loop { get; }

    public ProxyParts Parts { get; }

    public LoopTelemetry Telemetry { get; }

    internal Http1ClientPool Pool { get; }

    internal OriginTls Origins { get; } = new();

    internal Random Random { get; } = new();

    internal int MirrorsUnderWay { get; set; }

    /// <summary>The balancers' clock.</summary>
    internal TimeSpan Now => TimeSpan.FromMilliseconds(Loop.NowMs);

    /// <summary>The wall clock at the start of this turn; read from the system once a second, moved by the loop's clock in between.</summary>
    internal long NowUnixMicros
    {
        get
        {
            double sinceMs = System.Diagnostics.Stopwatch.GetElapsedTime(_clockBaseTicks, Loop.NowTicks).TotalMilliseconds;
            if (_clockBaseTicks == 0 || sinceMs > ClockResyncMs)
            {
                _clockBaseTicks = Loop.NowTicks;
                _clockBaseMicros = TimeProvider.System.GetUtcNow().Ticks / TimeSpan.TicksPerMicrosecond
                    - (DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond);
                sinceMs = 0;
            }

            return _clockBaseMicros + (long)(sinceMs * 1_000);
        }
    }

    /// <summary>How our workload names itself to peers.</summary>
    internal ReadOnlySpan<byte> SourceField
    {
        get
        {
            WorkloadModel? workload = Parts.Mesh.Workload;
            if (!ReferenceEquals(workload, _sourceOf))
            {
                _sourceOf = workload;
                _source = workload is null ? [] : Encoding.UTF8.GetBytes(InboundEdges.SourceFieldOf(workload.Self));
            }

            return _source;
        }
    }
}
