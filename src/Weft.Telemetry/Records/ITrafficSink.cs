using Weft.Telemetry.Metrics;

namespace Weft.Telemetry.Records;

/// <summary>Where the data path tells what happened: one sink per loop, called on that loop only; a warm call allocates nothing.</summary>
public interface ITrafficSink
{
    /// <summary>Once per request, after its last byte or its fault.</summary>
    void RequestEnded(in RequestRecord record);

    void ConnectionOpened(Edge edge);

    /// <summary>Bytes of a long connection since the last call, so that it is seen before it ends.</summary>
    void ConnectionMoved(Edge edge, long sent, long received);

    /// <summary>Once per connection that <see cref="ConnectionOpened"/> told of.</summary>
    void ConnectionEnded(in ConnectionRecord record);
}
