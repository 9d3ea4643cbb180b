using Weft.Model.V1;

namespace Weft.Proxy.State.Workloads;

/// <summary>What a gateway's listener asks of a handshake, beside its certificates. Immutable; equal when the same is asked.</summary>
public sealed record ServerHandshake
{
    internal ServerHandshake(ServerTls tls)
    {
        Mode = tls.Mode;
        Alpn = string.Join(',', tls.Alpn);
        MinVersion = tls.MinVersion;
        MaxVersion = tls.MaxVersion;
        Suites = string.Join(':', tls.CipherSuites);
        TrustPem = tls.TrustedCaPem.Length > 0 ? tls.TrustedCaPem : null;
        AcceptsUnverified = tls.AcceptUnverified;
        Groups = string.Join(':', tls.Groups);
        Hashes = string.Join(',', tls.CertificateHashes);
        KeyHashes = string.Join(',', tls.KeyHashes);
    }

    public ServerTls.Types.Mode Mode { get; }

    /// <summary>"h2,http/1.1"; empty: what the listener's protocol speaks.</summary>
    public string Alpn { get; }

    /// <summary>"1.2" or "1.3"; anything else: ours.</summary>
    public string MinVersion { get; }

    public string MaxVersion { get; }

    /// <summary>TLS 1.2, joined by ":"; empty: the default list.</summary>
    public string Suites { get; }

    /// <summary>Whom client certificates must come from; null: the credential's own authority.</summary>
    public string? TrustPem { get; }

    public bool AcceptsUnverified { get; }

    /// <summary>Key agreement, joined by ":"; empty: the default list.</summary>
    public string Groups { get; }

    /// <summary>SHA-256 of client certificates, lower-case hex joined by ","; one of these or of <see cref="KeyHashes"/> must fit. Both empty: any.</summary>
    public string Hashes { get; }

    /// <summary>SHA-256 of clients' public keys, likewise.</summary>
    public string KeyHashes { get; }

    internal bool HasPins => Hashes.Length + KeyHashes.Length > 0;
}
