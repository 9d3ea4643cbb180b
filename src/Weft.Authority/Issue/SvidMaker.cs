using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Authority.Keep;
using Weft.Primitives;

namespace Weft.Authority.Issue;

/// <summary>Makes leaf certificates. Everything in them is ours; of a request only the public key is taken.</summary>
internal static class SvidMaker
{
    /// <summary>A P-256 request is some 130 bytes; what is larger carries things we would ignore.</summary>
    public const int CsrBytesMax = 8 << 10;

    private const string P256 = "1.2.840.10045.3.1.7";
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    /// <summary>Reads a PKCS#10 request and checks that the sender holds the key (RFC 2986 §4.2: it is signed by it).</summary>
    public static bool TryReadKey(byte[] csr, [MaybeNullWhen(false)] out PublicKey key, out string refusal)
    {
        key = null;
        refusal = "";
        if (csr.Length is 0 or > CsrBytesMax)
        {
            refusal = $"csr_der has {csr.Length} bytes, must have 1 to {CsrBytesMax}";
            return false;
        }

        try
        {
            CertificateRequest request = CertificateRequest.LoadSigningRequest(csr, HashAlgorithmName.SHA256, out int read);
            using ECDsa? ecdsa = request.PublicKey.GetECDsaPublicKey();
            if (read != csr.Length || ecdsa?.ExportParameters(false).Curve.Oid.Value != P256)
            {
                refusal = "csr_der must be one PKCS#10 request for a P-256 key";
                return false;
            }

            key = request.PublicKey;
            return true;
        }
        catch (CryptographicException)
        {
            refusal = "csr_der is not a PKCS#10 request signed by its own key";
            return false;
        }
    }

    public static X509Certificate2 Make(PublicKey key, SpiffeId id, SigningRoot by, Validity validity, IEnumerable<string>? dnsNames = null, IEnumerable<IPAddress>? addresses = null)
    {
        // X.509-SVID §4: an empty subject, and then the SAN is critical (RFC 5280 §4.2.1.6); exactly one URI.
        var request = new CertificateRequest(new X500DistinguishedName(""), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(id.Text));
        foreach (string name in dnsNames ?? [])
        {
            names.AddDnsName(name);
        }

        foreach (IPAddress address in addresses ?? [])
        {
            names.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(names.Build(critical: true));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication, ClientAuthentication], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(by.Signer, includeKeyIdentifier: true, includeIssuerAndSerial: false));

        DateTimeOffset signerEnd = by.Signer.NotAfter.ToUniversalTime();
        DateTimeOffset signerBegin = by.Signer.NotBefore.ToUniversalTime();
        DateTimeOffset begin = validity.NotBefore < signerBegin ? signerBegin : validity.NotBefore;
        DateTimeOffset end = validity.NotAfter > signerEnd ? signerEnd : validity.NotAfter;
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F; // RFC 5280 §4.1.2.2: positive
        using ECDsa signingKey = by.Signer.GetECDsaPrivateKey() ?? throw new CryptographicException("The authority's key is not an elliptic curve key.");
        return request.Create(by.Signer.SubjectName, X509SignatureGenerator.CreateForECDsa(signingKey), begin, end, serial);
    }
}

internal readonly record struct Validity(DateTimeOffset NotBefore, DateTimeOffset NotAfter);
