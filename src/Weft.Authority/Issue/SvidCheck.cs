using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Primitives;

namespace Weft.Authority.Issue;

/// <summary>Decides whether a certificate proves a workload of this mesh (X.509-SVID §5).</summary>
internal static class SvidCheck
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    public static bool TryVerify(
        X509Certificate2 leaf, X509Certificate2Collection? sent, X509Certificate2Collection bundle, string trustDomain, DateTimeOffset now,
        [MaybeNullWhen(false)] out SpiffeId id, out string refusal)
    {
        if (!TryReadId(leaf, out id))
        {
            refusal = "the certificate does not hold exactly one SPIFFE ID";
            return false;
        }

        if (id.TrustDomain != trustDomain)
        {
            refusal = $"{id} is not of trust domain {trustDomain}";
            return false;
        }

        // §5.2: a leaf is no CA and signs no certificates.
        if (leaf.Extensions.OfType<X509BasicConstraintsExtension>().Any(b => b.CertificateAuthority)
            || leaf.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is not { } usage
            || (usage.KeyUsages & (X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)) != 0
            || (usage.KeyUsages & X509KeyUsageFlags.DigitalSignature) == 0)
        {
            refusal = "the certificate is not a leaf SVID (CA or key usage)";
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(bundle);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // lifetimes of hours replace revocation
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (sent is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent);
        }

        bool built = chain.Build(leaf);
        refusal = built ? "" : string.Join("; ", chain.ChainStatus.Select(s => s.StatusInformation.Trim()));
        return built;
    }

    /// <summary>The one URI name of a certificate, when it is a SPIFFE ID. Does not look at the signature.</summary>
    public static bool TryReadId(X509Certificate2 leaf, [MaybeNullWhen(false)] out SpiffeId id)
    {
        id = null;
        if (leaf.Extensions.FirstOrDefault(e => e.Oid?.Value == SubjectAlternativeName) is not { } extension)
        {
            return false;
        }

        string? only = null;
        try
        {
            AsnReader names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                if (names.PeekTag() != UriTag)
                {
                    names.ReadEncodedValue();
                    continue;
                }

                if (only is not null)
                {
                    return false; // §2: more than one URI is refused
                }

                only = names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag);
            }
        }
        catch (AsnContentException)
        {
            return false;
        }

        return SpiffeId.TryParse(only, out id);
    }
}
