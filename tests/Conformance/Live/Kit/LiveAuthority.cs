using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Model.V1;
using Weft.Proxy.Static;

namespace Weft.Conformance.Live.Kit;

/// <summary>One throw-away authority for all that a row needs: identities of the mesh, certificates of gateways, origins and clients.</summary>
internal sealed class LiveAuthority
{
    private readonly X509Certificate2 _root;
    private readonly ConcurrentDictionary<string, (string Certificate, string Key)> _issued = new(StringComparer.Ordinal);

    public LiveAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=live root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero));
        TrustPem = _root.ExportCertificatePem();
    }

    public string TrustPem { get; }

    public StaticIdentity Identity(string spiffe)
    {
        (string certificate, string key) = Issue(spiffe);
        return new StaticIdentity(spiffe, certificate, key, TrustPem);
    }

    public Credential Credential(string name, params IEnumerable<string> names)
    {
        (string certificate, string key) = Issue([.. names]);
        return new Credential { Name = name, CertificatePem = certificate, PrivateKeyPem = key, TrustedCaPem = TrustPem };
    }

    public X509Certificate2 Certificate(params string[] names)
    {
        (string certificate, string key) = Issue(names);
        using X509Certificate2 read = X509Certificate2.CreateFromPem(certificate, key);
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
    }

    /// <param name="names">DNS names; those with "://" are URIs.</param>
    private (string Certificate, string Key) Issue(params string[] names) => _issued.GetOrAdd(string.Join('\n', names), _ =>
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=live", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (name.Contains("://", StringComparison.Ordinal))
            {
                alternatives.AddUri(new Uri(name));
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        using X509Certificate2 leaf = request.Create(_root, _root.NotBefore, _root.NotAfter, RandomNumberGenerator.GetBytes(12));
        return (leaf.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    });
}
