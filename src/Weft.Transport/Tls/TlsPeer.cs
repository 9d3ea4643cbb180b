using Weft.Primitives;

namespace Weft.Transport;

/// <summary>What a handshake proved about the other side. Immutable.</summary>
/// <param name="Identity">The SPIFFE ID of its certificate; null when it showed none, or one of another kind.</param>
/// <param name="Alpn">The protocol agreed on; null when none was.</param>
/// <param name="ServerName">Server: the name the client asked for.</param>
/// <param name="Names">The DNS names and URIs of its certificate, as they stand there.</param>
/// <param name="IsVerified">It showed a certificate that chains up to our trust.</param>
/// <param name="IsResumed">An earlier handshake proved all this; the certificate was valid then and still is.</param>
/// <param name="CertificateSha256">Lower-case hex of its certificate, for x-forwarded-client-cert; null when it showed none.</param>
public sealed record TlsPeer(
    SpiffeId? Identity, string? Alpn, string? ServerName, string? CertificateSha256, IReadOnlyList<string> Names, string Version, bool IsVerified, bool IsResumed)
{
    /// <summary>Lower-case hex of its public key (RFC 5280 §4.1.2.7), where the context asks for it; null when it showed no certificate.</summary>
    public string? KeySha256 { get; init; }

    /// <summary>When its certificate ends; the end of time when it showed none.</summary>
    public DateTimeOffset Expires { get; init; } = DateTimeOffset.MaxValue;
}
