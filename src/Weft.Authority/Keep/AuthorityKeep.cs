using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Weft.Authority.Keep;

/// <summary>
/// The authority's files. Keys are PKCS#8 encrypted under <c>seal.key</c> (or a file the operator keeps elsewhere,
/// WEFT_AUTHORITY_SEAL), so that a copied directory alone signs nothing once the seal lives on another disk.
/// Called by one writer, <see cref="MeshAuthority"/>, under its gate.
/// </summary>
/// <remarks>
/// authority/seal.key · roots.json (order, phases) · SHA256.crt.pem · SHA256.key.pem · tokens.json.
/// A directory <c>plugged</c> with ca-cert.pem, ca-key.pem, root-cert.pem and optionally cert-chain.pem (Istio's names)
/// replaces the self-signed root.
/// </remarks>
internal sealed class AuthorityKeep(string directory)
{
    // The seal is 256 random bits, so stretching it buys nothing; PBES2 wants some number.
    private static readonly PbeParameters Sealing = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 2048);

    public string TokenFile => Path.Combine(directory, "tokens.json");

    private string RootsFile => Path.Combine(directory, "roots.json");

    private string PluggedDirectory => Path.Combine(directory, "plugged");

    /// <summary>The roots as last saved, in the order of the bundle; empty on a first start.</summary>
    public IReadOnlyList<SigningRoot> Load(DateTimeOffset now)
    {
        PrivateFile.CreateDirectory(directory);
        if (Directory.Exists(PluggedDirectory))
        {
            return [LoadPlugged(now)];
        }

        if (!File.Exists(RootsFile))
        {
            return [];
        }

        RootRecord[] records = JsonSerializer.Deserialize(File.ReadAllBytes(RootsFile), KeepJson.Default.RootRecordArray)
            ?? throw Damaged(RootsFile, "it is empty");
        string seal = Seal();
        return [.. records.Select(r => LoadOwn(r, seal))];
    }

    public void Save(IReadOnlyList<SigningRoot> roots)
    {
        string seal = Seal();
        foreach (SigningRoot root in roots)
        {
            string key = KeyFile(root.Sha256);
            if (!File.Exists(key))
            {
                using ECDsa ecdsa = root.Signer.GetECDsaPrivateKey() ?? throw Damaged(key, "the key is not an elliptic curve key");
                PrivateFile.Write(key, Encoding.ASCII.GetBytes(ecdsa.ExportEncryptedPkcs8PrivateKeyPem(seal, Sealing)));
                PrivateFile.Write(CertificateFile(root.Sha256), Encoding.ASCII.GetBytes(root.Root.ExportCertificatePem()));
            }
        }

        RootRecord[] records = [.. roots.Select(r => new RootRecord(r.Sha256, r.Phase, r.Since))];
        PrivateFile.Write(RootsFile, JsonSerializer.SerializeToUtf8Bytes(records, KeepJson.Default.RootRecordArray));
    }

    /// <summary>Removes the key of a root that is no longer listed: what nobody needs cannot be stolen.</summary>
    public void Forget(SigningRoot root)
    {
        File.Delete(KeyFile(root.Sha256));
        File.Delete(CertificateFile(root.Sha256));
    }

    private SigningRoot LoadOwn(RootRecord record, string seal)
    {
        string certificateFile = CertificateFile(record.Sha256);
        string keyFile = KeyFile(record.Sha256);
        try
        {
            X509Certificate2 signer = X509Certificate2.CreateFromEncryptedPem(File.ReadAllText(certificateFile), File.ReadAllText(keyFile), seal);
            return new SigningRoot(X509CertificateLoader.LoadCertificate(signer.RawData), signer, [], record.Phase, record.Since);
        }
        catch (Exception error) when (error is CryptographicException or FileNotFoundException)
        {
            throw Damaged(keyFile, error.Message);
        }
    }

    private SigningRoot LoadPlugged(DateTimeOffset now)
    {
        string Required(string name)
        {
            string path = Path.Combine(PluggedDirectory, name);
            return File.Exists(path) ? File.ReadAllText(path) : throw Damaged(path, "it is missing; a plugged-in authority needs ca-cert.pem, ca-key.pem and root-cert.pem");
        }

        var signer = X509Certificate2.CreateFromPem(Required("ca-cert.pem"), Required("ca-key.pem"));
        var root = X509Certificate2.CreateFromPem(Required("root-cert.pem"));
        if (signer.RawDataMemory.Span.SequenceEqual(root.RawDataMemory.Span))
        {
            return new SigningRoot(root, signer, [], RootPhase.Signing, now);
        }

        var chain = new X509Certificate2Collection { X509CertificateLoader.LoadCertificate(signer.RawData) };
        string chainFile = Path.Combine(PluggedDirectory, "cert-chain.pem");
        if (File.Exists(chainFile))
        {
            var more = new X509Certificate2Collection();
            more.ImportFromPem(File.ReadAllText(chainFile));
            chain.AddRange(more.Where(c => c.Thumbprint != signer.Thumbprint && c.Thumbprint != root.Thumbprint).ToArray());
        }

        return new SigningRoot(root, signer, [.. chain], RootPhase.Signing, now);
    }

    private string Seal()
    {
        string path = Environment.GetEnvironmentVariable("WEFT_AUTHORITY_SEAL") is { Length: > 0 } elsewhere ? elsewhere : Path.Combine(directory, "seal.key");
        if (!File.Exists(path))
        {
            if (File.Exists(RootsFile))
            {
                throw Damaged(path, "it is missing, and the authority's keys are encrypted under it");
            }

            PrivateFile.Write(path, Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
        }

        return File.ReadAllText(path).Trim();
    }

    private string CertificateFile(string sha256) => Path.Combine(directory, $"{sha256[..16]}.crt.pem");

    private string KeyFile(string sha256) => Path.Combine(directory, $"{sha256[..16]}.key.pem");

    private static AuthorityDamagedException Damaged(string path, string why) =>
        new($"The certificate authority cannot use {path}: {why}. Restore the file from a backup; without one, move {Path.GetDirectoryName(path)} away and restart every workload, they get new identities.");
}

/// <summary>The authority's files do not let it sign. The message names the file and the cure.</summary>
public sealed class AuthorityDamagedException(string message) : Exception(message);
