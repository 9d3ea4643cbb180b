namespace Weft.Wire.Http1;

/// <summary>The rule that a message broke, precise enough for the access log.</summary>
public enum Http1Error : byte
{
    None = 0,

    // Bytes (RFC 9112 §2.2, RFC 9110 §5.5).
    BareCr,
    BareLf,
    NulByte,
    ControlByte,

    // Request line (RFC 9112 §3).
    RequestLineInvalid,
    MethodInvalid,
    TargetInvalid,
    TargetFormInvalid,
    TargetHostMismatch,
    PathEncodingInvalid,
    VersionInvalid,
    VersionUnsupported,

    // Status line (RFC 9112 §4).
    StatusLineInvalid,
    StatusInvalid,

    // Fields (RFC 9112 §5).
    FieldNameInvalid,
    SpaceBeforeColon,
    ColonMissing,
    ObsoleteFold,

    // Host (RFC 9112 §3.2).
    HostMissing,
    HostRepeated,
    HostInvalid,

    // Framing (RFC 9112 §6).
    ContentLengthInvalid,
    ContentLengthRepeated,
    TransferEncodingUnsupported,
    TransferEncodingWithLength,
    TransferEncodingInHttp10,

    // Connection options, Upgrade, Expect (RFC 9110 §7.6.1, §7.8, §10.1.1).
    ConnectionInvalid,
    ConnectionNamesEssential,
    ExpectationUnknown,

    // Chunked bodies (RFC 9112 §7.1).
    ChunkSizeInvalid,
    ChunkSizeOverflow,
    ChunkExtensionInvalid,
    ChunkEndMissing,
    TrailerForbidden,

    // Limits.
    RequestLineTooLong,
    HeadTooLarge,
    TooManyFields,
    ChunkLineTooLong,
    ChunkExtensionsTooLarge,
    TrailersTooLarge,
    BodyTooLarge,
}

/// <summary>How a server answers each error.</summary>
public static class Http1Errors
{
    /// <summary>The status code of the answer to a request that broke the rule.</summary>
    public static int StatusOf(Http1Error error) => error switch
    {
        Http1Error.TransferEncodingUnsupported => 501,
        Http1Error.VersionUnsupported => 505,
        Http1Error.ExpectationUnknown => 417,
        Http1Error.RequestLineTooLong => 414,
        Http1Error.HeadTooLarge or Http1Error.TooManyFields or Http1Error.TrailersTooLarge => 431,
        Http1Error.BodyTooLarge => 413,
        _ => 400,
    };

    public static ReadStatus ReadStatusOf(Http1Error error) => error switch
    {
        Http1Error.None => ReadStatus.Done,
        >= Http1Error.RequestLineTooLong => ReadStatus.TooLarge,
        _ => ReadStatus.Malformed,
    };
}
