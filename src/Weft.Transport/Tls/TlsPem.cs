using System.Text;
using Weft.Transport.Native;

namespace Weft.Transport.Tls;

/// <summary>PEM text into libcrypto's objects. The caller owns, and frees, what it gets.</summary>
internal static unsafe class TlsPem
{
    internal static List<nint> Certificates(string pem, string what)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(pem);
        List<nint> certificates = [];
        fixed (byte* start = bytes)
        {
            nint bio = LibCrypto.BIO_new_mem_buf(start, bytes.Length);
            while (LibCrypto.PEM_read_bio_X509(bio, null, null, null) is var certificate and not 0)
            {
                certificates.Add(certificate);
            }

            LibCrypto.ERR_clear_error(); // the end of the text is reported as an error
            _ = LibCrypto.BIO_free(bio);
        }

        return certificates.Count > 0
            ? certificates
            : throw new InvalidDataException($"The {what} holds no certificate in PEM form ('-----BEGIN CERTIFICATE-----').");
    }

    /// <summary>Adds revocation lists to a store, which takes references of its own.</summary>
    internal static void AddRevoked(nint store, string pem)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(pem);
        int count = 0;
        fixed (byte* start = bytes)
        {
            nint bio = LibCrypto.BIO_new_mem_buf(start, bytes.Length);
            for (; LibCrypto.PEM_read_bio_X509_CRL(bio, null, null, null) is var list and not 0; count++)
            {
                _ = LibCrypto.X509_STORE_add_crl(store, list);
                LibCrypto.X509_CRL_free(list);
            }

            LibCrypto.ERR_clear_error();
            _ = LibCrypto.BIO_free(bio);
        }

        if (count == 0)
        {
            throw new InvalidDataException("The revocation list holds none in PEM form ('-----BEGIN X509 CRL-----').");
        }
    }

    internal static nint PrivateKey(string pem)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(pem);
        try
        {
            fixed (byte* start = bytes)
            {
                nint bio = LibCrypto.BIO_new_mem_buf(start, bytes.Length);
                nint key = LibCrypto.PEM_read_bio_PrivateKey(bio, null, null, null);
                _ = LibCrypto.BIO_free(bio);
                return key != 0 ? key : throw new InvalidDataException($"The private key cannot be read: {TlsErrors.Take("not PEM")}.");
            }
        }
        finally
        {
            Array.Clear(bytes); // the key's text must not outlive its use
        }
    }
}
