namespace Weft.Http.Http2;

/// <summary>What one HTTP/2 connection may cost us. A peer that passes a flood limit is ended with ENHANCE_YOUR_CALM (RFC 9113 §10.5).</summary>
public sealed record Http2Limits
{
    public static readonly Http2Limits Default = new();

    /// <summary>Streams a client may hold open at us; more is REFUSED_STREAM, which is safe to try again.</summary>
    public int StreamsMax { get; init; } = 256;

    /// <summary>The same while the proxy is short of memory or descriptors.</summary>
    public int StreamsUnderPressure { get; init; } = 100;

    /// <summary>Unread bytes of one stream: its window. Throughput of one stream is at most this per round trip.</summary>
    public int StreamWindowBytes { get; init; } = 256 << 10;

    /// <summary>Bytes on their way on the whole connection; given back as they arrive, so that a stream nobody reads does not starve the others.</summary>
    public int ConnectionWindowBytes { get; init; } = 1 << 20;

    /// <summary>SETTINGS_MAX_HEADER_LIST_SIZE; a request over it is answered 431, a response over it is malformed.</summary>
    public int HeaderListBytesMax { get; init; } = 64 << 10;

    /// <summary>Encoded bytes of one header block over all its frames.</summary>
    public int HeaderBlockBytesMax { get; init; } = 64 << 10;

    /// <summary>CONTINUATION frames of one block, however empty.</summary>
    public int ContinuationsMax { get; init; } = 16;

    /// <summary>Bytes waiting to be sent on one stream before its writer waits.</summary>
    public int StreamUnsentBytesMax { get; init; } = 64 << 10;

    /// <summary>A stream whose peer takes nothing of what waits for it is ended after this time; 0: never.</summary>
    public int StreamStallMs { get; init; } = 5 * 60_000;

    /// <summary>Streams that end abnormally by the peer's doing (its resets, and ours for its errors): this many at once, and this many more each second.</summary>
    public int ResetsBurst { get; init; } = 200;

    public int ResetsPerSecond { get; init; } = 50;

    /// <summary>Frames that cost us an answer or bookkeeping and carry nothing: SETTINGS, PING, PRIORITY, empty DATA, unknown types.</summary>
    public int IdleFramesBurst { get; init; } = 1000;

    public int IdleFramesPerSecond { get; init; } = 200;

    /// <summary>WINDOW_UPDATE frames for each DATA frame that we sent and each stream, above <see cref="IdleFramesBurst"/>: more is credit that nobody needs.</summary>
    public int WindowUpdatesPerFrame { get; init; } = 10;

    /// <summary>Parameters of one SETTINGS frame: each may move the windows of all streams (CVE-2020-11080).</summary>
    public int SettingsPerFrameMax { get; init; } = 32;

    /// <summary>Bytes that a peer leaves unread before a frame that asks for an answer ends the connection: answers must not pile up (CVE-2019-9512, -9515).</summary>
    public int UnreadAnswerBytesMax { get; init; } = 1 << 20;

    /// <summary>Fields of one head, a cookie's crumbs counted one by one; a request with more is answered 431, a response is malformed.</summary>
    public int FieldsMax { get; init; } = 256;

    /// <summary>Streams that a client puts on one connection before it opens another to the same server.</summary>
    public int StreamsPerConnectionMax { get; init; } = 128;

    /// <summary>1xx heads kept for a client's stream that nobody has read yet; more are left out (RFC 9110 §15.2 asks for none of them).</summary>
    public int InterimHeadsMax { get; init; } = 8;

    /// <summary>Whether field text is sent shortened (RFC 7541 §5.2).</summary>
    public bool UsesHuffman { get; init; } = true;

    /// <summary>A server takes leave of a client that had no stream open for so long, whatever else it says; 0: never.</summary>
    /// <remarks>Ours ask for it with a pool that closes what is idle sooner, so that they rarely race it.</remarks>
    public int IdleMs { get; init; } = 5 * 60_000;

    /// <summary>Silence before a PING asks whether the peer is still there; 0: never.</summary>
    public int KeepAliveMs { get; init; } = 20_000;

    /// <summary>A peer that answers no PING within this time is gone.</summary>
    public int KeepAliveTimeoutMs { get; init; } = 10_000;
}
