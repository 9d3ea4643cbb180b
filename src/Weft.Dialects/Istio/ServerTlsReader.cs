using Weft.Dialects.Fields;
using Weft.Model.V1;
using Weft.Primitives;

namespace Weft.Dialects.Istio;

/// <summary>ServerTLSSettings, of a Gateway's server or of a Sidecar's ingress listener → schema.</summary>
public static class ServerTlsReader
{
    /// <param name="ns">Of the workload that ends TLS: its Secrets are meant.</param>
    internal static ServerTls Read(Field tls, string ns)
    {
        ServerTls read = new()
        {
            Mode = tls["mode"].Text switch
            {
                "MUTUAL" => ServerTls.Types.Mode.Mutual,
                "OPTIONAL_MUTUAL" => ServerTls.Types.Mode.OptionalMutual,
                "PASSTHROUGH" => ServerTls.Types.Mode.Passthrough,
                "ISTIO_MUTUAL" => ServerTls.Types.Mode.MeshMutual,
                "AUTO_PASSTHROUGH" => ServerTls.Types.Mode.AutoPassthrough,
                _ => ServerTls.Types.Mode.Simple,
            },
            MinVersion = Version(tls["minProtocolVersion"]),
            MaxVersion = Version(tls["maxProtocolVersion"]),
            TrustCredential = Trust(tls, ns),
            AcceptUnverified = tls["insecureSkipVerify"].IsTrue,
        };
        read.Credentials.AddRange(Credentials(tls, ns).Distinct());
        read.SubjectAltNames.AddRange(tls["subjectAltNames"].Texts);
        read.CipherSuites.AddRange(tls["cipherSuites"].Texts);
        read.Groups.AddRange(tls["ecdhCurves"].Texts);
        read.CertificateHashes.AddRange(tls["verifyCertificateHash"].Texts.Select(h => TryReadHash(h, out string hex) ? hex : h));
        read.KeyHashes.AddRange(tls["verifyCertificateSpki"].Texts.Select(h => TryReadKeyHash(h, out string hex) ? hex : h));
        return read;
    }

    /// <summary>SHA-256 of a certificate as OpenSSL and Istio write it, 32 hex pairs with or without colons → lower-case hex.</summary>
    public static bool TryReadHash(string written, out string hex)
    {
        hex = written.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();
        return hex.Length == 64 && hex.All(char.IsAsciiHexDigitLower);
    }

    /// <summary>SHA-256 of a public key in base64 → lower-case hex.</summary>
    public static bool TryReadKeyHash(string written, out string hex)
    {
        Span<byte> hash = stackalloc byte[32];
        bool good = written.Length == 44 && Convert.TryFromBase64String(written, hash, out int length) && length == hash.Length;
        hex = good ? Convert.ToHexStringLower(hash) : "";
        return good;
    }

    /// <summary>Secrets by name; where none is named, files.</summary>
    private static IEnumerable<string> Credentials(Field tls, string ns)
    {
        string[] named = [.. tls["credentialNames"].Texts.Append(tls["credentialName"].Text).Where(c => c.Length > 0)];
        if (named.Length > 0)
        {
            return named.Select(c => CredentialReference.Resolve(c, ns)).OfType<string>();
        }
        return tls["tlsCertificates"].Items.Prepend(tls).Where(c => c["serverCertificate"].Text.Length > 0 || c["privateKey"].Text.Length > 0)
            .Select(c =>
            {
                string authority = c["caCertificates"].Text is { Length: > 0 } own ? own : tls["caCertificates"].Text;
                return new FileCredentialName(c["serverCertificate"].Text, c["privateKey"].Text, authority, authority.Length > 0 ? tls["caCrl"].Text : "").ToString();
            });
    }

    /// <summary>The authority of clients where it does not come with the key pair. Empty: the key pair's own.</summary>
    private static string Trust(Field tls, string ns)
    {
        if (tls["caCertCredentialName"].Text is { Length: > 0 } named)
        {
            return CredentialReference.Resolve(named, ns) ?? named; // one of another namespace is nobody's: no client is trusted
        }
        bool bySecret = tls["credentialName"].Text.Length > 0 || tls["credentialNames"].Count > 0;
        return bySecret && tls["caCertificates"].Text is { Length: > 0 } file ? new FileCredentialName("", "", file, tls["caCrl"].Text).ToString() : "";
    }

    private static string Version(Field version) => version.Text.Replace("TLSV", "", StringComparison.Ordinal).Replace('_', '.');
}
