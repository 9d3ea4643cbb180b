using Weft.Primitives;
using Weft.Transport;

namespace Weft.Http;

/// <summary>
/// One request and its answer on one connection, as seen from one end, whatever version of HTTP carries it: content comes in, content
/// goes out. One reader and one writer use it at a time, on its loop only.
/// </summary>
public abstract class HttpStream
{
    /// <summary>Content that has arrived and was not consumed, without its framing. Valid until the next await.</summary>
    public abstract ReadOnlySpan<byte> Content { get; }

    /// <summary>The incoming message was taken to its end.</summary>
    public abstract bool IsEnded { get; }

    /// <summary>What stands in <see cref="Content"/> is the rest of the message, and no trailers follow; false while that is not known.</summary>
    public abstract bool IsContentLast { get; }

    /// <summary>Field lines behind the content, each with its CRLF; valid once <see cref="IsEnded"/>.</summary>
    public abstract ReadOnlySpan<byte> Trailers { get; }

    /// <summary>Bytes of the current exchange that came in and went out, heads and framing included.</summary>
    public abstract long BytesReceived { get; }

    public abstract long BytesSent { get; }

    /// <summary>Takes bytes off the front of <see cref="Content"/>.</summary>
    public abstract void Consume(int count);

    /// <summary>Waits for more content or the message's end.</summary>
    /// <returns>Why neither comes: the side's timeout, malformed framing, or that the peer is gone.</returns>
    public abstract LoopTask<Fault> ReadAsync();

    /// <summary>A wait for the peer ends with the side's timeout after this time; 0: never.</summary>
    public abstract void SetReadDeadline(long milliseconds);

    /// <summary>Sends content in the framing that the head announced; it leaves with the turn, as far as the peer takes it.</summary>
    /// <param name="isEnd">Nothing follows, no trailers either.</param>
    public abstract void Write(ReadOnlySpan<byte> content, bool isEnd = false);

    /// <summary>Ends the outgoing message, with field lines behind its content where the framing has room for them.</summary>
    public abstract void End(ReadOnlySpan<byte> trailers);

    /// <summary>Waits until the peer has taken enough of what was written. False: it takes no more.</summary>
    public abstract LoopTask<bool> FlushAsync();

    /// <summary>Waits until all that was written has left us. False: the peer takes no more.</summary>
    public abstract LoopTask<bool> DrainAsync();

    /// <summary>Ends both directions at once: the peer must not take what it got for the whole.</summary>
    public abstract void Abort();

    /// <summary>Where content leaves as it is, its end told by count or by the connection's; null: each piece needs framing.</summary>
    internal virtual LoopConnection? PlainOutput => null;

    /// <summary>Passes all of <see cref="Content"/> on in the blocks that it came in. False: something else stands between, it is to be copied.</summary>
    internal virtual bool TryHandOver(LoopConnection to) => false;

    /// <summary>From here on both directions carry what the request was upgraded to.</summary>
    public abstract void BecomeTunnel();
}
