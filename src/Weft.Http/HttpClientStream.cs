using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http1;

namespace Weft.Http;

/// <summary>The client's end: a request to send, and the answer to it.</summary>
public abstract class HttpClientStream : HttpStream
{
    /// <summary>While a request is under way.</summary>
    public ResponseHead Response { get; private protected set; } = null!; // whoever hands out a stream has set it

    /// <summary>What the ranges of <see cref="Response"/> point into, until <see cref="TakeHead"/>.</summary>
    public abstract ReadOnlySpan<byte> Head { get; }

    /// <summary>Its connection carried a request before: a failure may be that one's end, not this request's.</summary>
    public abstract bool IsReused { get; }

    /// <summary>The server said that it did nothing with the request (RFC 9113 §8.7): safe to send again.</summary>
    public abstract bool IsUnprocessed { get; }

    /// <summary>Whether a change of protocol may be asked for there, once the server has said so; asks nothing of HTTP/1, which says it with its answer.</summary>
    /// <remarks>After a wait the stream is for <see cref="Release"/> only: others' ids may have passed its own (RFC 9113 §5.1.1).</remarks>
    public virtual LoopTask<Fault> AwaitUpgradesAsync() => new(Fault.None);

    /// <summary>False: <see cref="AwaitUpgradesAsync"/> comes first.</summary>
    public virtual bool TakesUpgrades => true;

    public abstract void WriteHead(in OutgoingRequest head);

    /// <summary>Waits for the next head, an interim one too. None: <see cref="Response"/> holds it.</summary>
    public abstract LoopTask<Fault> ReadHeadAsync();

    /// <summary>The head was passed on: its bytes make room for what is behind it.</summary>
    public abstract void TakeHead();

    /// <summary>The exchange is over; the stream is nobody's from now on.</summary>
    /// <param name="reusable">Both messages were whole and nothing is left to read.</param>
    public abstract void Release(bool reusable);
}
