using Weft.Http.Http2;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>The data path's limits; each has its answer where it is used.</summary>
public sealed record PathLimits
{
    public static readonly PathLimits Default = new();

    public Http1Limits Http1 { get; init; } = Http1Limits.Default;

    /// <summary>Of connections that clients open to us.</summary>
    public Http2Limits Http2 { get; init; } = Http2Limits.Default;

    /// <summary>Of connections that requests share between peers and to applications: we trust their other end with more.</summary>
    /// <remarks>A peer resets what its callers give up, so many timeouts at once must not end the requests that share its connection.</remarks>
    public Http2Limits Peer { get; init; } = Http2Limits.Default with { StreamsMax = 1024, UsesHuffman = false, ResetsBurst = 10_000, ResetsPerSecond = 2_000 };

    /// <summary>A client connection without a request is closed after this; longer than upstream pools keep theirs, so that clients rarely race a close.</summary>
    public TimeSpan ClientIdle { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>From a head's first byte to its last; answered 408.</summary>
    public TimeSpan HeadTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>1xx heads before an answer; an upstream that sends more is malformed (502).</summary>
    public int InterimHeadsMax { get; init; } = 100;

    /// <summary>A peer that takes or gives no byte of a body for so long is given up.</summary>
    public TimeSpan BodyStall { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>So long before a peer's certificate ends we take no new request on its connections: it comes back with a new one.</summary>
    public TimeSpan PeerExpiryMargin { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>TLS handshakes, and the first bytes of a connection whose protocol is not declared.</summary>
    public TimeSpan HandshakeTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>An undeclared port's client that says nothing for so long waits for the server to speak first: the connection is opaque.</summary>
    public TimeSpan DetectTime { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>An opaque connection on which neither side says anything.</summary>
    public TimeSpan StreamIdle { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bytes of a request's body kept for a retry; a longer body is sent once.</summary>
    public int ReplayBytesMax { get; init; } = 64 << 10;

    /// <summary>Bytes of a request's body that may wait for one mirror; a mirror that is further behind is reset. A shorter body goes whole as long as the loop bears it.</summary>
    public int MirrorBytesMax { get; init; } = 1 << 20;

    /// <summary>The same, for all mirrors of a loop.</summary>
    public int MirrorBytesOfLoopMax { get; init; } = 8 << 20;

    /// <summary>Bytes of rewritten paths and edited headers of one request; more is answered 500.</summary>
    public int EditBytesMax { get; init; } = 32 << 10;
}
