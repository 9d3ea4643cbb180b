using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Http.Http1;

/// <summary>The client's side of one HTTP/1 connection, one request at a time, pooled in between. Its loop only.</summary>
public sealed class Http1Client
{
    private readonly Http1ClientPool _pool;
    private readonly Action _gone;
    private Http1Body _body;

    internal Http1Client(LoopConnection transport, Http1ClientLane lane, Http1ClientPool pool)
    {
        Transport = transport;
        Lane = lane;
        _pool = pool;
        _gone = () => _pool.Forget(this);
    }

    public LoopConnection Transport { get; }

    public ResponseHead Response { get; } = new();

    public ref Http1Body Body => ref _body;

    /// <summary>Requests it has carried, the current one included.</summary>
    public int Requests { get; private set; }

    public bool IsReused => Requests > 1;

    internal Http1ClientLane Lane { get; }

    /// <summary>Neighbours in the lane while it waits there.</summary>
    internal Http1Client? Older { get; set; }

    internal Http1Client? Younger { get; set; }

    internal long IdleSinceMs { get; set; }

    internal bool IsPooled { get; set; }

    internal void Begin()
    {
        Requests++;
        Response.Reset();
        _body = default;
        Transport.WatchPeer(null);
    }

    internal void Rest() => Transport.WatchPeer(_gone);

    /// <summary>Reads on with what has arrived. The head's bytes stay in the transport's input until the caller consumes them.</summary>
    public HeadProgress TryReadHead(Http1Limits limits, HttpMethod requestMethod)
    {
        ReadOnlySpan<byte> input = Transport.Input;
        if (input.IsEmpty)
        {
            return HeadProgress.NeedMore;
        }

        switch (Response.Read(input, limits, requestMethod))
        {
            case ReadStatus.NeedMore:
                return HeadProgress.NeedMore;
            case ReadStatus.Done:
                _body = new Http1Body(Response.Framing, Response.ContentLength);
                return HeadProgress.Done;
            default:
                return HeadProgress.Refused;
        }
    }

    /// <summary>Takes an interim head off and makes ready for the next one.</summary>
    public void SkipInterim()
    {
        Transport.Consume(Response.Length);
        Response.Reset();
    }

    /// <summary>The exchange is over. Reusable: both messages were whole, and the server keeps the connection.</summary>
    public void End(bool reusable) => _pool.Return(this, reusable);
}
