using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Weft.Primitives;
using Weft.Transport.Native;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport.Tls;

/// <summary>Reads what a finished handshake knows of the peer, once per connection.</summary>
internal static unsafe class TlsPeerReader
{
    internal static TlsPeer Read(nint ssl, bool isServer, bool isPinned, bool readsKeyHash)
    {
        byte* alpn;
        uint alpnLength;
        LibSsl.SSL_get0_alpn_selected(ssl, &alpn, &alpnLength);
        string? protocol = alpnLength == 0 ? null : Encoding.ASCII.GetString(alpn, (int)alpnLength);
        byte* name = isServer ? LibSsl.SSL_get_servername(ssl, TLSEXT_NAMETYPE_HOST_NAME) : null;
        string? serverName = name is null ? null : TlsErrors.Text(name);
        string version = TlsErrors.Text(LibSsl.SSL_get_version(ssl));
        bool isResumed = LibSsl.SSL_session_reused(ssl) == 1;
        nint certificate = LibSsl.SSL_get1_peer_certificate(ssl);
        if (certificate == 0)
        {
            return new TlsPeer(null, protocol, serverName, null, [], version, IsVerified: false, isResumed);
        }

        List<string> names = [];
        List<string> uris = [];
        ReadNames(certificate, names, uris);
        string fingerprint = TlsPin.Fingerprint(certificate);
        string? key = readsKeyHash ? KeyHash(certificate) : null;
        DateTimeOffset expires = ExpiryOf(certificate);
        LibCrypto.X509_free(certificate);

        // X509-SVID §2: exactly one URI, or it is no SVID.
        bool isVerified = isPinned || LibSsl.SSL_get_verify_result(ssl) == X509_V_OK;
        SpiffeId? identity = isVerified && uris is [var only] && SpiffeId.TryParse(only, out SpiffeId? parsed) ? parsed : null;
        return new TlsPeer(identity, protocol, serverName, fingerprint, names, version, isVerified, isResumed) { Expires = expires, KeySha256 = key };
    }

    private static string KeyHash(nint certificate)
    {
        nint key = LibCrypto.X509_get_X509_PUBKEY(certificate); // the certificate's own
        byte[] der = new byte[LibCrypto.i2d_X509_PUBKEY(key, null)];
        fixed (byte* start = der)
        {
            byte* cursor = start;
            _ = LibCrypto.i2d_X509_PUBKEY(key, &cursor);
        }

        return Convert.ToHexStringLower(SHA256.HashData(der));
    }

    /// <summary>UTCTime with a year of two digits until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5).</summary>
    private static DateTimeOffset ExpiryOf(nint certificate)
    {
        nint time = LibCrypto.X509_get0_notAfter(certificate);
        string text = Encoding.ASCII.GetString(LibCrypto.ASN1_STRING_get0_data(time), LibCrypto.ASN1_STRING_length(time));
        text = text.Length == "yyMMddHHmmssZ".Length ? $"{(text[0] < '5' ? "20" : "19")}{text}" : text;
        return DateTimeOffset.TryParseExact(
            text, "yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset expires)
            ? expires : DateTimeOffset.MinValue; // a form that no authority may use: trusted for nothing that lasts
    }

    /// <summary>A session outlives the check of its certificate; libssl does not look again.</summary>
    internal static bool IsCurrent(nint ssl)
    {
        nint certificate = LibSsl.SSL_get1_peer_certificate(ssl);
        if (certificate == 0)
        {
            return true; // none was asked for
        }

        bool isCurrent = LibCrypto.X509_cmp_current_time(LibCrypto.X509_get0_notAfter(certificate)) > 0;
        LibCrypto.X509_free(certificate);
        return isCurrent;
    }

    internal static IReadOnlyList<string> NamesOf(nint certificate)
    {
        List<string> names = [];
        ReadNames(certificate, names, []);
        return names;
    }

    private static void ReadNames(nint certificate, List<string> all, List<string> uris)
    {
        void* names = LibCrypto.X509_get_ext_d2i(certificate, NID_SUBJECT_ALT_NAME, null, null);
        if (names is null)
        {
            return;
        }

        for (int i = 0; i < LibCrypto.OPENSSL_sk_num(names); i++)
        {
            var entry = (GeneralName*)LibCrypto.OPENSSL_sk_value(names, i);
            if (entry->Type is GEN_DNS or GEN_URI)
            {
                string text = Encoding.ASCII.GetString(LibCrypto.ASN1_STRING_get0_data(entry->Value), LibCrypto.ASN1_STRING_length(entry->Value));
                all.Add(text);
                if (entry->Type == GEN_URI)
                {
                    uris.Add(text);
                }
            }
        }

        LibCrypto.GENERAL_NAMES_free(names);
    }

    /// <summary>struct GENERAL_NAME_st of x509v3.h.</summary>
    private readonly struct GeneralName
    {
        internal readonly int Type { get; init; }

        internal readonly nint Value { get; init; }
    }
}
