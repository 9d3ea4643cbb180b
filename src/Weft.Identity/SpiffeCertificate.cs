using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Weft.Identity;

/// <summary>Reads the SPIFFE ID of an X.509-SVID: exactly one URI among its names (X509-SVID §2).</summary>
public static class SpiffeCertificate
{
    private const string SubjectAlternativeNameOid = "2.5.29.17";

    // RFC 5280 §4.2.1.6: uniformResourceIdentifier [6] IA5String.
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    public static bool TryReadId(X509Certificate2 certificate, [MaybeNullWhen(false)] out SpiffeId id)
    {
        id = null;
        X509Extension? names = certificate.Extensions[SubjectAlternativeNameOid];
        return names is not null && TryReadUri(names.RawData, out string? uri) && SpiffeId.TryParse(uri, out id);
    }

    /// <summary>The one URI of a SubjectAltName extension's bytes.</summary>
    internal static bool TryReadUri(byte[] names, [MaybeNullWhen(false)] out string uri)
    {
        uri = null;
        try
        {
            AsnReader sequence = new AsnReader(names, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                if (!sequence.PeekTag().HasSameClassAndValue(UriTag))
                {
                    sequence.ReadEncodedValue();
                    continue;
                }

                if (uri is not null)
                {
                    return false;
                }

                uri = sequence.ReadCharacterString(UniversalTagNumber.IA5String, UriTag);
            }
        }
        catch (AsnContentException)
        {
            return false;
        }

        return uri is not null;
    }
}
