using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Bench.Measure;

namespace Weft.Bench.Contenders;

/// <summary>One authority and one key pair (P-256) for both sides of every pair, so that all do the same work.</summary>
internal sealed record Certificates(string Authority, string Certificate, string Key, string Pair)
{
    /// <summary>The identity in the certificate, for contenders that check one.</summary>
    public const string Identity = "spiffe://bench.example/ns/default/sa/peer";

    public static Certificates In(Workbench bench)
    {
        string Path(string name) => System.IO.Path.Combine(bench.Folder, name);
        var files = new Certificates(Path("ca.pem"), Path("cert.pem"), Path("key.pem"), Path("pair.pem"));
        if (File.Exists(files.Pair))
        {
            return files;
        }

        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=Bench root", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        rootRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using X509Certificate2 root = rootRequest.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=peer.example", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("peer.example");
        names.AddUri(new Uri(Identity));
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        using X509Certificate2 leaf = request.Create(root, now.AddMinutes(-30), now.AddHours(12), RandomNumberGenerator.GetBytes(8));

        File.WriteAllText(files.Authority, root.ExportCertificatePem());
        File.WriteAllText(files.Certificate, leaf.ExportCertificatePem());
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(files.Pair, leaf.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return files;
    }
}
