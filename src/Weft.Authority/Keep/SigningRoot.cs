using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Weft.Authority.Keep;

/// <summary>Where a root stands in its life. Bundles carry all of them, only one signs.</summary>
public enum RootPhase
{
    /// <summary>In every bundle, signs nothing yet.</summary>
    Announced,
    Signing,

    /// <summary>Signs no more; leaves the bundle when the last certificate it signed has expired.</summary>
    Retiring,
}

/// <summary>One root, and what signs below it. Immutable; phases change by making another.</summary>
/// <param name="Root">What peers trust.</param>
/// <param name="Signer">The root itself with its key, or an intermediate of it with its key.</param>
/// <param name="Chain">Certificates between a leaf and the root, leaf side first; empty when the root itself signs.</param>
/// <param name="Since">When this phase began.</param>
internal sealed record SigningRoot(
    X509Certificate2 Root, X509Certificate2 Signer, IReadOnlyList<X509Certificate2> Chain, RootPhase Phase, DateTimeOffset Since)
{
    public string Sha256 { get; } = Convert.ToHexStringLower(SHA256.HashData(Root.RawData));

    public static SigningRoot CreateSelfSigned(string trustDomain, DateTimeOffset now, TimeSpan lifetime, TimeSpan backdate, RootPhase phase)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // The serial in the name keeps two generations of roots apart for chain building by subject.
        string generation = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var request = new CertificateRequest($"O=Weft, CN=Weft mesh root {generation}", key, HashAlgorithmName.SHA256);
        // X.509-SVID §4.1, §4.3: CA true, keyCertSign; path length 1 leaves room for one intermediate.
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 1, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri($"spiffe://{trustDomain}"));
        request.CertificateExtensions.Add(names.Build());
        X509Certificate2 root = request.CreateSelfSigned(now - backdate, now + lifetime);
        return new SigningRoot(X509CertificateLoader.LoadCertificate(root.RawData), root, [], phase, now);
    }
}
