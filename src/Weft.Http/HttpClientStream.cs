using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http1;

namespace Weft.Http;

/// <summary>The client's end: a request to send, and the answer to it.</summary>
public abstract class HttpClientStream : HttpStream
{
    public ResponseHead Response { get; } = new();

    /// <summary>What the ranges of <see cref="Response"/> point into, until <see cref="TakeHead"/>.</summary>
    public abstract ReadOnlySpan<byte> Head { get; }

    /// <summary>Its connection carried a request before: a failure may be that one's end, not this request's.</summary>
    public abstract bool IsReused { get; }

    /// <summary>The server said that it did nothing with the request (RFC 9113 §8.7): safe to send again.</summary>
    public abstract bool IsUnprocessed { get; }

    public abstract void WriteHead(in OutgoingRequest head);

    /// <summary>Waits for the next head, an interim one too. None: <see cref="Response"/> holds it.</summary>
    public abstract LoopTask<Fault> ReadHeadAsync();

    /// <summary>The head was passed on: its bytes make room for what is behind it.</summary>
    public abstract void TakeHead();

    /// <summary>The exchange is over; the stream is nobody's from now on.</summary>
    /// <param name="reusable">Both messages were whole and nothing is left to read.</param>
    public abstract void Release(bool reusable);
}
