using Weft.Model.V1;

namespace Weft.Proxy.State.Workloads;

/// <summary>A key pair for TLS that we terminate or originate. Secret: never logged or dumped. Immutable.</summary>
public sealed class CredentialModel
{
    internal CredentialModel(Credential credential)
    {
        Name = credential.Name;
        CertificatePem = credential.CertificatePem.Length > 0 ? credential.CertificatePem : null;
        PrivateKeyPem = credential.PrivateKeyPem.Length > 0 ? credential.PrivateKeyPem : null;
        CrlPem = credential.CrlPem.Length > 0 ? credential.CrlPem : null;
        OcspStaple = credential.OcspStaple.Memory;
        TrustPem = credential.TrustedCaPem.Length > 0 ? credential.TrustedCaPem : null;
    }

    public string Name { get; }

    public string? CertificatePem { get; }

    public string? PrivateKeyPem { get; }

    public string? TrustPem { get; }

    /// <summary>Certificates that the authority took back.</summary>
    public string? CrlPem { get; }

    /// <summary>DER, shown with the certificate; empty: none.</summary>
    public ReadOnlyMemory<byte> OcspStaple { get; }

    public override string ToString() => Name;
}
