namespace Weft.Http.Http2;

/// <summary>Streams of one loop that ended and wait for their next request, so that a warm one allocates nothing. Its loop only.</summary>
public sealed class Http2StreamPool
{
    /// <summary>More are left to the collector: a burst must not hold its memory forever.</summary>
    private const int PooledMax = 1024;

    private readonly Stack<Http2Stream> _free = new();

    internal Http2Stream? TryTake(Http2Connection connection, int id, int sendWindow)
    {
        if (!_free.TryPop(out Http2Stream? stream))
        {
            return null;
        }

        stream.Begin(connection, id, sendWindow);
        return stream;
    }

    internal void Return(Http2Stream stream)
    {
        if (_free.Count < PooledMax)
        {
            stream.Fields.Shrink();
            stream.Trailers.Shrink();
            _free.Push(stream);
        }
    }
}
