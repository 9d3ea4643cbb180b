using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Model.V1;

namespace Weft.World.DataPath.Edge;

/// <summary>A throw-away authority of server and client certificates with DNS names or URIs; its files lie in a folder of the test's own.</summary>
internal sealed class EdgeAuthority : IDisposable
{
    private readonly X509Certificate2 _root;

    internal EdgeAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=edge root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _root = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero));
        TrustFile = Write("ca.pem", TrustPem);
        KeyFile = Write("ca.key", key.ExportPkcs8PrivateKeyPem());
    }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("weft-edge-").FullName;

    internal string TrustPem => _root.ExportCertificatePem();

    internal string TrustFile { get; }

    internal string KeyFile { get; }

    /// <summary>A list of all that were taken back.</summary>
    internal string Revoke(params EdgeCertificate[] certificates)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (EdgeCertificate certificate in certificates)
        {
            using var parsed = X509Certificate2.CreateFromPem(certificate.Pem);
            list.AddEntry(parsed);
        }

        var now = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        byte[] der = list.Build(_root, 1, new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero), HashAlgorithmName.SHA256, null, now);
        return PemEncoding.WriteString("X509 CRL", der);
    }

    /// <summary>A certificate for names; one with "://" is a URI.</summary>
    internal EdgeCertificate Issue(params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Sign(new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256), names, key.ExportPkcs8PrivateKeyPem());
    }

    internal EdgeCertificate IssueRsa(params string[] names)
    {
        using var key = RSA.Create(2048);
        return Sign(new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), names, key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private EdgeCertificate Sign(CertificateRequest request, string[] names, string keyPem)
    {
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
        using X509Certificate2 leaf = request.Create(
            _root.SubjectName, X509SignatureGenerator.CreateForECDsa(_root.GetECDsaPrivateKey()!), _root.NotBefore, _root.NotAfter, RandomNumberGenerator.GetBytes(12));
        string id = Guid.NewGuid().ToString("N");
        string certificate = leaf.ExportCertificatePem() + "\n";
        return new EdgeCertificate(certificate, keyPem, TrustPem, Write($"{id}.crt", certificate), Write($"{id}.key", keyPem + "\n"));
    }

    private string Write(string name, string text)
    {
        string file = Path.Combine(Folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}

internal sealed record EdgeCertificate(string Pem, string KeyPem, string TrustPem, string CertificateFile, string KeyFile)
{
    /// <summary>As the control plane sends it. The authority comes along only where clients are asked for certificates.</summary>
    internal Credential As(string name, bool withTrust = false) => new() { Name = name, CertificatePem = Pem, PrivateKeyPem = KeyPem, TrustedCaPem = withTrust ? TrustPem : "" };
}
