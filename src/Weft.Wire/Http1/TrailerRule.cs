namespace Weft.Wire.Http1;

/// <summary>
/// RFC 9110 §6.5.1: framing, routing, authentication and connection fields mean nothing behind the content, unless a
/// careless reader merges them into the head.
/// </summary>
public static class TrailerRule
{
    public static bool IsForbidden(KnownHeader header) => header is KnownHeader.TransferEncoding or KnownHeader.ContentLength
        or KnownHeader.Host or KnownHeader.Connection or KnownHeader.KeepAlive or KnownHeader.ProxyConnection or KnownHeader.Te
        or KnownHeader.Trailer or KnownHeader.Upgrade or KnownHeader.Expect or KnownHeader.Authorization or KnownHeader.ProxyAuthorization
        or KnownHeader.Cookie or KnownHeader.SetCookie or KnownHeader.ContentType or KnownHeader.ContentEncoding
        or KnownHeader.XForwardedFor or KnownHeader.XForwardedProto or KnownHeader.XForwardedHost or KnownHeader.XForwardedPort
        or KnownHeader.XForwardedClientCert or KnownHeader.Forwarded;
}
