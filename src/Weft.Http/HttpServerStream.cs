using Weft.Wire.Http1;

namespace Weft.Http;

/// <summary>The server's end: a request that came, and the way to answer it.</summary>
public abstract class HttpServerStream : HttpStream
{
    public RequestHead Request { get; } = new();

    /// <summary>The form that routes, authorization and forwarding share.</summary>
    public CanonicalRequest Target { get; } = new();

    /// <summary>What the ranges of <see cref="Request"/> point into.</summary>
    public abstract ReadOnlySpan<byte> Head { get; }

    /// <summary>The rule that a refused request broke.</summary>
    public Http1Error Error { get; protected set; }

    /// <summary>Others use the same connection: it goes on whatever becomes of this request.</summary>
    public abstract bool IsShared { get; }

    /// <summary>The answer ended its connection's use whether it wanted to or not: only the close tells where its content ends.</summary>
    public abstract bool MustClose { get; }

    /// <summary>Sends a 1xx head; the real one follows.</summary>
    public abstract void WriteInterim(in OutgoingResponse head);

    public abstract void WriteHead(in OutgoingResponse head);

    /// <summary>Calls back once, on the loop, when the client goes away while nobody reads; null forgets it.</summary>
    public abstract void Watch(Action? gone);
}
