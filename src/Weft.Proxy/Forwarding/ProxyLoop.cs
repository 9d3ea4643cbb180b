using System.Text;
using Weft.Http.Http1;
using Weft.Http.Http2;
using Weft.Proxy.Draining;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>The data path of one loop: its pools, counters and random numbers. That loop only.</summary>
public sealed class ProxyLoop
{
    private const long ClockResyncMs = 1_000;

    /// <summary>Exchanges kept for the next request on a stream; more are left to the collector.</summary>
    private const int ExchangesKeptMax = 256;

    private readonly Stack<Http2Exchange> _http2Exchanges = new();
    private readonly Stack<Http1Exchange> _http1Exchanges = new();

    private long _clockBaseTicks;
    private long _clockBaseMicros;
    private WorkloadModel? _sourceOf;
    private byte[] _source = [];

    public ProxyLoop(EventLoop loop, int index, ProxyParts parts)
    {
        Loop = loop;
        Index = index;
        Parts = parts;
        Telemetry = parts.Telemetry.Loops[index];
        Pool = new Http1ClientPool(loop, parts.Limits.Http1);
        Clients = new ClientSet(loop);
        Http2Pool = new Http2ClientPool(loop, parts.Limits.Peer, Http2Streams);
        loop.UpstreamClosed = () => Telemetry.Counters.Count(LoopCounter.UpstreamClosed);
    }

    public EventLoop Loop { get; }

    internal int Index { get; }

    public ProxyParts Parts { get; }

    public LoopTelemetry Telemetry { get; }

    /// <summary>Connections to servers that take one request at a time.</summary>
    internal Http1ClientPool Pool { get; }

    /// <summary>Connections that requests share: to peers, and to applications that speak HTTP/2.</summary>
    internal Http2ClientPool Http2Pool { get; }

    internal Http2StreamPool Http2Streams { get; } = new();

    internal ClientSet Clients { get; }

    /// <summary>Those that clients have open to us, to take leave of them.</summary>
    internal HashSet<Http2Session> Http2Sessions { get; } = [];

    internal HedgePool Hedges { get; } = new();

    internal OriginTls Origins { get; } = new();

    internal Random Random { get; } = new();

    internal int MirrorsUnderWay { get; set; }

    /// <summary>Content that mirrors have not taken yet.</summary>
    internal int MirrorBytesWaiting { get; set; }

    /// <summary>All loops of the data path, this one too. Set by it, before the first listener opens.</summary>
    internal IReadOnlyList<ProxyLoop> All { get; set; } = [];

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

    internal Http1Exchange RentHttp1() => _http1Exchanges.TryPop(out Http1Exchange? free) ? free : new Http1Exchange(this);

    internal void Return(Http1Exchange exchange)
    {
        exchange.Client.Detach();
        exchange.Exchange.Replay.Release();
        if (_http1Exchanges.Count < ExchangesKeptMax)
        {
            _http1Exchanges.Push(exchange);
        }
    }

    internal Http2Exchange RentHttp2() => _http2Exchanges.TryPop(out Http2Exchange? free) ? free : new Http2Exchange(this);

    internal void Return(Http2Exchange exchange)
    {
        exchange.Exchange.Replay.Release();
        if (_http2Exchanges.Count < ExchangesKeptMax)
        {
            _http2Exchanges.Push(exchange);
        }
    }

    /// <summary>Closes one of a cluster's idle connections: here, or else wherever there is one.</summary>
    internal void CloseIdle(Action whenClosed)
    {
        if (Pool.TryCloseIdle(whenClosed))
        {
            return;
        }

        foreach (ProxyLoop other in All)
        {
            if (other != this)
            {
                other.Loop.Post(() => other.Pool.TryCloseIdle(whenClosed));
            }
        }
    }

    /// <summary>A handshake has ended, one way or the other.</summary>
    internal void CountHandshake(LoopConnection connection, LoopCounter asWhom)
    {
        Telemetry.Counters.Count(connection.Tls is null ? LoopCounter.HandshakeFailures : asWhom);
        if (connection.Tls is { IsResumed: true })
        {
            Telemetry.Counters.Count(LoopCounter.HandshakesResumed);
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
