using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Weft.Identity;

/// <summary>Who a proxy is: its key, its chain and whom it trusts. Immutable; TLS contexts are swapped whole when it is renewed.</summary>
public sealed class WorkloadIdentity
{
    private WorkloadIdentity(SpiffeId id, ImmutableArray<byte[]> chain, byte[] keyPkcs8, TrustBundle bundle, X509Certificate2 leaf)
    {
        Id = id;
        Chain = chain;
        KeyPkcs8 = keyPkcs8;
        Bundle = bundle;
        NotBefore = leaf.NotBefore.ToUniversalTime();
        NotAfter = leaf.NotAfter.ToUniversalTime();
        Serial = leaf.SerialNumber;
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(chain[0]));
    }

    public SpiffeId Id { get; }

    /// <summary>DER, leaf first, no root.</summary>
    public ImmutableArray<byte[]> Chain { get; }

    /// <summary>Secret: never logged or dumped.</summary>
    public byte[] KeyPkcs8 { get; }

    public TrustBundle Bundle { get; }

    public DateTimeOffset NotBefore { get; }

    public DateTimeOffset NotAfter { get; }

    public string Serial { get; }

    /// <summary>SHA-256 of the leaf.</summary>
    public string Fingerprint { get; }

    /// <summary>What the authority answered, checked: the leaf has one SPIFFE ID, belongs to the key and chains to the bundle.</summary>
    public static WorkloadIdentity? TryCreate(IEnumerable<byte[]> chain, byte[] keyPkcs8, TrustBundle bundle, DateTimeOffset now, out string problem)
    {
        ImmutableArray<byte[]> all = [.. chain];
        if (all.IsEmpty)
        {
            problem = "The authority sent no certificate.";
            return null;
        }

        try
        {
            using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(all[0]);
            if (!SpiffeCertificate.TryReadId(leaf, out SpiffeId? id))
            {
                problem = "The certificate has no SPIFFE ID.";
                return null;
            }

            if (!KeyFits(leaf, keyPkcs8))
            {
                problem = "The certificate belongs to another key.";
                return null;
            }

            problem = ChainProblem(leaf, all, bundle, now);
            return problem.Length == 0 ? new WorkloadIdentity(id, all, keyPkcs8, bundle, leaf) : null;
        }
        catch (CryptographicException broken)
        {
            problem = $"The certificate cannot be read: {broken.Message}";
            return null;
        }
    }

    public string ChainPem()
    {
        var pem = new StringBuilder();
        foreach (byte[] certificate in Chain)
        {
            pem.Append(PemEncoding.Write("CERTIFICATE", certificate)).Append('\n');
        }

        return pem.ToString();
    }

    /// <summary>Secret: never logged or dumped.</summary>
    public string KeyPem() => PemEncoding.WriteString("PRIVATE KEY", KeyPkcs8);

    public WorkloadIdentity WithBundle(TrustBundle bundle)
    {
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(Chain[0]);
        return new WorkloadIdentity(Id, Chain, KeyPkcs8, bundle, leaf);
    }

    private static bool KeyFits(X509Certificate2 leaf, byte[] keyPkcs8)
    {
        using ECDsa own = ECDsa.Create();
        own.ImportPkcs8PrivateKey(keyPkcs8, out _);
        using ECDsa? signed = leaf.GetECDsaPublicKey();
        return signed is not null && signed.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(own.ExportSubjectPublicKeyInfo());
    }

    private static string ChainProblem(X509Certificate2 leaf, ImmutableArray<byte[]> chain, TrustBundle bundle, DateTimeOffset now)
    {
        using var builder = new X509Chain();
        builder.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        builder.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        builder.ChainPolicy.DisableCertificateDownloads = true;
        builder.ChainPolicy.VerificationTime = now.UtcDateTime;
        foreach (byte[] root in bundle.Roots)
        {
            builder.ChainPolicy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(root));
        }

        foreach (byte[] intermediate in chain.AsSpan()[1..])
        {
            builder.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(intermediate));
        }

        return builder.Build(leaf)
            ? ""
            : $"The certificate does not chain to the trust bundle: {string.Join("; ", builder.ChainStatus.Select(s => s.StatusInformation))}";
    }
}
