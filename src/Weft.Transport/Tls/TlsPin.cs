using System.Security.Cryptography;
using Weft.Transport.Native;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport.Tls;

/// <summary>First contact: the bundle is not known yet, only its root's fingerprint. The peer sends the root along and everything must chain up to it.</summary>
internal static unsafe class TlsPin
{
    /// <summary>Null when the chain holds; otherwise why it does not.</summary>
    internal static string? Check(nint ssl, string rootSha256)
    {
        void* chain = (void*)LibSsl.SSL_get_peer_cert_chain(ssl);
        nint leaf = LibSsl.SSL_get1_peer_certificate(ssl);
        if (chain is null || leaf == 0)
        {
            return "the server showed no certificate";
        }

        try
        {
            nint root = Find(chain, rootSha256);
            return root == 0
                ? $"the server's chain holds no certificate with SHA-256 {rootSha256}; was the token made for another mesh?"
                : Verify(leaf, (nint)chain, root);
        }
        finally
        {
            LibCrypto.X509_free(leaf);
        }
    }

    private static nint Find(void* chain, string rootSha256)
    {
        for (int i = 0; i < LibCrypto.OPENSSL_sk_num(chain); i++)
        {
            nint certificate = LibCrypto.OPENSSL_sk_value(chain, i);
            if (Fingerprint(certificate).Equals(rootSha256, StringComparison.OrdinalIgnoreCase))
            {
                return certificate;
            }
        }

        return 0;
    }

    internal static string Fingerprint(nint certificate)
    {
        int length = LibCrypto.i2d_X509(certificate, null);
        byte[] der = new byte[length];
        fixed (byte* start = der)
        {
            byte* cursor = start;
            _ = LibCrypto.i2d_X509(certificate, &cursor);
        }

        return Convert.ToHexStringLower(SHA256.HashData(der));
    }

    private static string? Verify(nint leaf, nint untrusted, nint root)
    {
        nint store = LibCrypto.X509_STORE_new();
        nint context = LibCrypto.X509_STORE_CTX_new();
        try
        {
            _ = LibCrypto.X509_STORE_add_cert(store, root);
            _ = LibCrypto.X509_STORE_CTX_init(context, store, leaf, untrusted);
            fixed (byte* purpose = "ssl_server\0"u8)
            {
                _ = LibCrypto.X509_STORE_CTX_set_default(context, purpose);
            }

            return LibCrypto.X509_verify_cert(context) == 1 ? null : "the server's certificate does not chain up to the pinned root";
        }
        finally
        {
            LibCrypto.X509_STORE_CTX_free(context);
            LibCrypto.X509_STORE_free(store);
        }
    }
}
