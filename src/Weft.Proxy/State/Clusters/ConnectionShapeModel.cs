using Weft.Http.Http2;
using Weft.Model.V1;
using Weft.Transport;

namespace Weft.Proxy.State.Clusters;

/// <summary>How a cluster's connections are kept, where it says so. Immutable.</summary>
public sealed class ConnectionShapeModel
{
    private readonly int _streamsMax;
    private readonly int _pingMs;
    private readonly int _pingTimeoutMs;

    internal ConnectionShapeModel(ConnectionShape shape)
    {
        Life = shape.MaxDuration?.ToTimeSpan() ?? TimeSpan.Zero;
        _streamsMax = (int)Math.Min(shape.MaxConcurrentStreams, int.MaxValue);
        _pingMs = Milliseconds(shape.Http2PingInterval?.ToTimeSpan());
        _pingTimeoutMs = Milliseconds(shape.Http2PingTimeout?.ToTimeSpan());
        KeepAlive = shape.TcpKeepAlive is { } alive
            ? new SocketKeepAlive((int)Math.Min(alive.Probes, int.MaxValue), alive.Time?.ToTimeSpan() ?? TimeSpan.Zero, alive.Interval?.ToTimeSpan() ?? TimeSpan.Zero)
            : null;
    }

    /// <summary>Then a connection takes nothing new. Zero: never.</summary>
    public TimeSpan Life { get; }

    /// <summary>Null: not asked for.</summary>
    public SocketKeepAlive? KeepAlive { get; }

    /// <summary>The proxy's own limits with what is said here in their place.</summary>
    internal Http2Limits Apply(Http2Limits limits) => limits with
    {
        StreamsPerConnectionMax = _streamsMax == 0 ? limits.StreamsPerConnectionMax : _streamsMax,
        KeepAliveMs = _pingMs == 0 ? limits.KeepAliveMs : _pingMs,
        KeepAliveTimeoutMs = _pingTimeoutMs == 0 ? limits.KeepAliveTimeoutMs : _pingTimeoutMs,
    };

    private static int Milliseconds(TimeSpan? time) => (int)Math.Clamp(time?.TotalMilliseconds ?? 0, 0, int.MaxValue);
}
