namespace Weft.Transport;

/// <summary>What a server asks of its clients' certificates; a client always checks its server's.</summary>
public enum TlsPeerCheck : byte
{
    None,
    Optional,
    Required,
}

public enum TlsVersion
{
    Tls12 = 0x0303,
    Tls13 = 0x0304,
}

/// <summary>What one <see cref="TlsContext"/> is made of, as PEM text.</summary>
public sealed record TlsContextOptions
{
    /// <summary>Own certificate first, then its intermediates; null: a client without identity.</summary>
    public string? CertificateChainPem { get; init; }

    /// <summary>Secret: never logged.</summary>
    public string? PrivateKeyPem { get; init; }

    /// <summary>Server: the same names under a key of another kind (RSA beside ECDSA), for clients that know only one of them.</summary>
    public TlsKeyPair? Second { get; init; }

    /// <summary>Server: an OCSP response (DER) shown to clients who ask; empty: none.</summary>
    public ReadOnlyMemory<byte> OcspStaple { get; init; }

    /// <summary>The roots a peer's chain must end in; null with <see cref="SystemTrust"/> or <see cref="RootSha256"/>.</summary>
    public string? TrustPem { get; init; }

    /// <summary>Beside <see cref="TrustPem"/>: peers' certificates that are named here are refused.</summary>
    public string? CrlPem { get; init; }

    /// <summary>Trust the machine's roots, and no others.</summary>
    public bool SystemTrust { get; init; }

    /// <summary>Client: trust only a chain that was sent with a root of this fingerprint (hex), before the bundle is known.</summary>
    public string? RootSha256 { get; init; }

    /// <summary>Client: the server's certificate must carry one of these DNS names or URIs; empty: the name that the connection asks for.</summary>
    public IReadOnlyList<string> PeerNames { get; init; } = [];

    /// <summary>Client: accept any certificate. Only where a user's resource says so.</summary>
    public bool SkipVerification { get; init; }

    public TlsPeerCheck ClientCertificate { get; init; } = TlsPeerCheck.Required;

    /// <summary>Server: a client whose certificate does not hold goes on all the same, and <see cref="TlsPeer.IsVerified"/> says so. Only where a user's resource says so.</summary>
    public bool AcceptUnverified { get; init; }

    /// <summary>Suites of TLS 1.2 by OpenSSL's names, in order of preference; empty: all of <see cref="TlsSuites.Default"/>. TLS 1.3 has its own, which nobody need choose.</summary>
    public IReadOnlyList<string> Suites12 { get; init; } = [];

    /// <summary>Key agreement by OpenSSL's names, in order of preference; empty: ours. <see cref="TlsSuites.IsKnownGroup"/> says which there are.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Whether <see cref="TlsPeer.KeySha256"/> is wanted of every peer.</summary>
    public bool ReadsKeyHash { get; init; }

    /// <summary>In order of preference.</summary>
    public IReadOnlyList<string> Alpn { get; init; } = [];

    /// <summary>Server: a client that offers none of <see cref="Alpn"/> is refused (RFC 7301 §3.2), otherwise it goes on without.</summary>
    public bool AlpnRequired { get; init; }

    /// <summary>Peers of the mesh speak 1.3 only; gateways and origins may need 1.2.</summary>
    public TlsVersion VersionMin { get; init; } = TlsVersion.Tls13;

    public TlsVersion VersionMax { get; init; } = TlsVersion.Tls13;
}

/// <summary>A certificate chain and its private key, as PEM text. Secret: never logged.</summary>
public sealed record TlsKeyPair(string CertificateChainPem, string PrivateKeyPem)
{
    public override string ToString() => "a key pair";
}
