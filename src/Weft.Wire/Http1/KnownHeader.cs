namespace Weft.Wire.Http1;

/// <summary>Fields that the mesh itself looks at, found once while a head is read.</summary>
public enum KnownHeader : byte
{
    Other = 0,
    Host,
    ContentLength,
    TransferEncoding,
    Connection,
    KeepAlive,
    ProxyConnection,
    Te,
    Trailer,
    Upgrade,
    Http2Settings,
    Expect,
    Date,
    Server,
    UserAgent,
    ContentType,
    ContentEncoding,
    Accept,
    AcceptEncoding,
    Authorization,
    ProxyAuthorization,
    Cookie,
    SetCookie,
    Origin,
    Referer,
    Location,
    Via,
    Forwarded,
    XForwardedFor,
    XForwardedProto,
    XForwardedHost,
    XForwardedPort,
    XForwardedClientCert,
    XRequestId,
    Traceparent,
    Tracestate,
    Baggage,
    B3,
    XB3TraceId,
    XB3SpanId,
    XB3ParentSpanId,
    XB3Sampled,
    XB3Flags,
    GrpcTimeout,
    GrpcStatus,
    GrpcMessage,
    XEnvoyAttemptCount,
    XEnvoyPeerMetadata,
    XEnvoyPeerMetadataId,
}

/// <summary>Names of <see cref="KnownHeader"/>, and the way back.</summary>
public static class KnownHeaders
{
    internal const int Count = (int)KnownHeader.XEnvoyPeerMetadataId + 1;

    /// <summary>The name in lower case; empty for <see cref="KnownHeader.Other"/>.</summary>
    public static ReadOnlySpan<byte> NameOf(KnownHeader header) => header switch
    {
        KnownHeader.Host => "host"u8,
        KnownHeader.ContentLength => "content-length"u8,
        KnownHeader.TransferEncoding => "transfer-encoding"u8,
        KnownHeader.Connection => "connection"u8,
        KnownHeader.KeepAlive => "keep-alive"u8,
        KnownHeader.ProxyConnection => "proxy-connection"u8,
        KnownHeader.Te => "te"u8,
        KnownHeader.Trailer => "trailer"u8,
        KnownHeader.Upgrade => "upgrade"u8,
        KnownHeader.Http2Settings => "http2-settings"u8,
        KnownHeader.Expect => "expect"u8,
        KnownHeader.Date => "date"u8,
        KnownHeader.Server => "server"u8,
        KnownHeader.UserAgent => "user-agent"u8,
        KnownHeader.ContentType => "content-type"u8,
        KnownHeader.ContentEncoding => "content-encoding"u8,
        KnownHeader.Accept => "accept"u8,
        KnownHeader.AcceptEncoding => "accept-encoding"u8,
        KnownHeader.Authorization => "authorization"u8,
        KnownHeader.ProxyAuthorization => "proxy-authorization"u8,
        KnownHeader.Cookie => "cookie"u8,
        KnownHeader.SetCookie => "set-cookie"u8,
        KnownHeader.Origin => "origin"u8,
        KnownHeader.Referer => "referer"u8,
        KnownHeader.Location => "location"u8,
        KnownHeader.Via => "via"u8,
        KnownHeader.Forwarded => "forwarded"u8,
        KnownHeader.XForwardedFor => "x-forwarded-for"u8,
        KnownHeader.XForwardedProto => "x-forwarded-proto"u8,
        KnownHeader.XForwardedHost => "x-forwarded-host"u8,
        KnownHeader.XForwardedPort => "x-forwarded-port"u8,
        KnownHeader.XForwardedClientCert => "x-forwarded-client-cert"u8,
        KnownHeader.XRequestId => "x-request-id"u8,
        KnownHeader.Traceparent => "traceparent"u8,
        KnownHeader.Tracestate => "tracestate"u8,
        KnownHeader.Baggage => "baggage"u8,
        KnownHeader.B3 => "b3"u8,
        KnownHeader.XB3TraceId => "x-b3-traceid"u8,
        KnownHeader.XB3SpanId => "x-b3-spanid"u8,
        KnownHeader.XB3ParentSpanId => "x-b3-parentspanid"u8,
        KnownHeader.XB3Sampled => "x-b3-sampled"u8,
        KnownHeader.XB3Flags => "x-b3-flags"u8,
        KnownHeader.GrpcTimeout => "grpc-timeout"u8,
        KnownHeader.GrpcStatus => "grpc-status"u8,
        KnownHeader.GrpcMessage => "grpc-message"u8,
        KnownHeader.XEnvoyAttemptCount => "x-envoy-attempt-count"u8,
        KnownHeader.XEnvoyPeerMetadata => "x-envoy-peer-metadata"u8,
        KnownHeader.XEnvoyPeerMetadataId => "x-envoy-peer-metadata-id"u8,
        _ => default,
    };

    /// <summary>The length, the first and the fourth letter from the end leave one candidate; one comparison settles it.</summary>
    public static KnownHeader Find(ReadOnlySpan<byte> name)
    {
        if (name.Length < 2)
        {
            return KnownHeader.Other;
        }

        KnownHeader candidate = Candidate(name.Length, name[0] | 0x20, name[Math.Max(name.Length - 4, 0)] | 0x20);
        if (candidate is KnownHeader.Other)
        {
            return candidate;
        }

        ReadOnlySpan<byte> expected = NameOf(candidate); // most are written in lower case, and comparing bytes costs less than letters
        return name.SequenceEqual(expected) || System.Text.Ascii.EqualsIgnoreCase(name, expected) ? candidate : KnownHeader.Other;
    }

    private static KnownHeader Candidate(int length, int first, int fourthLast) => (length, (char)first, (char)fourthLast) switch
    {
        (2, 'b', 'b') => KnownHeader.B3,
        (2, 't', 't') => KnownHeader.Te,
        (3, 'v', 'v') => KnownHeader.Via,
        (4, 'd', 'd') => KnownHeader.Date,
        (4, 'h', 'h') => KnownHeader.Host,
        (6, 'a', 'c') => KnownHeader.Accept,
        (6, 'c', 'o') => KnownHeader.Cookie,
        (6, 'e', 'p') => KnownHeader.Expect,
        (6, 'o', 'i') => KnownHeader.Origin,
        (6, 's', 'r') => KnownHeader.Server,
        (7, 'b', 'g') => KnownHeader.Baggage,
        (7, 'r', 'e') => KnownHeader.Referer,
        (7, 't', 'i') => KnownHeader.Trailer,
        (7, 'u', 'r') => KnownHeader.Upgrade,
        (8, 'l', 't') => KnownHeader.Location,
        (9, 'f', 'r') => KnownHeader.Forwarded,
        (10, 'c', 't') => KnownHeader.Connection,
        (10, 'k', 'l') => KnownHeader.KeepAlive,
        (10, 's', 'o') => KnownHeader.SetCookie,
        (10, 't', 't') => KnownHeader.Tracestate,
        (10, 'u', 'g') => KnownHeader.UserAgent,
        (10, 'x', 'l') => KnownHeader.XB3Flags,
        (11, 'g', 'a') => KnownHeader.GrpcStatus,
        (11, 't', 'r') => KnownHeader.Traceparent,
        (11, 'x', 'a') => KnownHeader.XB3SpanId,
        (12, 'c', 't') => KnownHeader.ContentType,
        (12, 'g', 'e') => KnownHeader.GrpcTimeout,
        (12, 'g', 's') => KnownHeader.GrpcMessage,
        (12, 'x', 'c') => KnownHeader.XB3TraceId,
        (12, 'x', 'p') => KnownHeader.XB3Sampled,
        (12, 'x', 't') => KnownHeader.XRequestId,
        (13, 'a', 't') => KnownHeader.Authorization,
        (14, 'c', 'n') => KnownHeader.ContentLength,
        (14, 'h', 'i') => KnownHeader.Http2Settings,
        (15, 'a', 'd') => KnownHeader.AcceptEncoding,
        (15, 'x', '-') => KnownHeader.XForwardedFor,
        (16, 'c', 'd') => KnownHeader.ContentEncoding,
        (16, 'p', 't') => KnownHeader.ProxyConnection,
        (16, 'x', 'h') => KnownHeader.XForwardedHost,
        (16, 'x', 'p') => KnownHeader.XForwardedPort,
        (17, 't', 'd') => KnownHeader.TransferEncoding,
        (17, 'x', 'a') => KnownHeader.XB3ParentSpanId,
        (17, 'x', 'r') => KnownHeader.XForwardedProto,
        (19, 'p', 't') => KnownHeader.ProxyAuthorization,
        (21, 'x', 'd') => KnownHeader.XEnvoyPeerMetadata,
        (21, 'x', 'o') => KnownHeader.XEnvoyAttemptCount,
        (23, 'x', 'c') => KnownHeader.XForwardedClientCert,
        (24, 'x', 'a') => KnownHeader.XEnvoyPeerMetadataId,
        _ => KnownHeader.Other,
    };
}
