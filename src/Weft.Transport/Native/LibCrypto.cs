using System.Runtime.InteropServices;

namespace Weft.Transport.Native;

/// <summary>The part of libcrypto 3 that TLS needs beside libssl: BIO, certificates, the error queue.</summary>
internal static unsafe partial class LibCrypto
{
    private const string Name = "libcrypto.so.3";

    [LibraryImport(Name)]
    internal static partial void ERR_clear_error();

    [LibraryImport(Name)]
    internal static partial nuint ERR_get_error();

    [LibraryImport(Name)]
    internal static partial void ERR_error_string_n(nuint error, byte* buffer, nuint length);

    [LibraryImport(Name)]
    internal static partial byte* X509_verify_cert_error_string(nint error);

    [LibraryImport(Name)]
    internal static partial int BIO_get_new_index();

    [LibraryImport(Name)]
    internal static partial nint BIO_meth_new(int type, byte* name);

    [LibraryImport(Name)]
    internal static partial int BIO_meth_set_write(nint method, delegate* unmanaged[Cdecl]<nint, byte*, int, int> callback);

    [LibraryImport(Name)]
    internal static partial int BIO_meth_set_read(nint method, delegate* unmanaged[Cdecl]<nint, byte*, int, int> callback);

    [LibraryImport(Name)]
    internal static partial int BIO_meth_set_ctrl(nint method, delegate* unmanaged[Cdecl]<nint, int, nint, void*, nint> callback);

    [LibraryImport(Name)]
    internal static partial nint BIO_new(nint method);

    [LibraryImport(Name)]
    internal static partial int BIO_free(nint bio);

    [LibraryImport(Name)]
    internal static partial void BIO_set_data(nint bio, void* data);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial void* BIO_get_data(nint bio);

    [LibraryImport(Name)]
    internal static partial void BIO_set_init(nint bio, int init);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial void BIO_set_flags(nint bio, int flags);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial void BIO_clear_flags(nint bio, int flags);

    [LibraryImport(Name)]
    internal static partial nint BIO_new_mem_buf(void* bytes, int length);

    [LibraryImport(Name)]
    internal static partial nint PEM_read_bio_X509(nint bio, nint* existing, void* callback, void* argument);

    [LibraryImport(Name)]
    internal static partial nint PEM_read_bio_PrivateKey(nint bio, nint* existing, void* callback, void* argument);

    [LibraryImport(Name)]
    internal static partial void X509_free(nint certificate);

    [LibraryImport(Name)]
    internal static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Name)]
    internal static partial int i2d_X509(nint certificate, byte** output);

    [LibraryImport(Name)]
    internal static partial nint X509_get_X509_PUBKEY(nint certificate);

    [LibraryImport(Name)]
    internal static partial int i2d_X509_PUBKEY(nint key, byte** output);

    [LibraryImport(Name)]
    internal static partial void* X509_get_ext_d2i(nint certificate, int nid, int* critical, int* index);

    [LibraryImport(Name)]
    internal static partial void GENERAL_NAMES_free(void* names);

    [LibraryImport(Name)]
    internal static partial byte* ASN1_STRING_get0_data(nint text);

    [LibraryImport(Name)]
    internal static partial int ASN1_STRING_length(nint text);

    [LibraryImport(Name)]
    internal static partial int OPENSSL_sk_num(void* stack);

    [LibraryImport(Name)]
    internal static partial nint OPENSSL_sk_value(void* stack, int index);

    [LibraryImport(Name)]
    internal static partial nint X509_STORE_new();

    [LibraryImport(Name)]
    internal static partial void X509_STORE_free(nint store);

    [LibraryImport(Name)]
    internal static partial int X509_STORE_set_flags(nint store, nuint flags);

    [LibraryImport(Name)]
    internal static partial int X509_STORE_add_crl(nint store, nint list);

    [LibraryImport(Name)]
    internal static partial nint PEM_read_bio_X509_CRL(nint bio, nint* existing, void* callback, void* argument);

    [LibraryImport(Name)]
    internal static partial void X509_CRL_free(nint list);

    [LibraryImport(Name)]
    internal static partial int X509_STORE_set_default_paths(nint store);

    [LibraryImport(Name)]
    internal static partial int X509_STORE_add_cert(nint store, nint certificate);

    [LibraryImport(Name)]
    internal static partial nint X509_STORE_CTX_new();

    [LibraryImport(Name)]
    internal static partial void X509_STORE_CTX_free(nint context);

    [LibraryImport(Name)]
    internal static partial int X509_STORE_CTX_init(nint context, nint store, nint certificate, nint untrusted);

    [LibraryImport(Name)]
    internal static partial int X509_STORE_CTX_set_default(nint context, byte* name);

    [LibraryImport(Name)]
    internal static partial int X509_verify_cert(nint context);

    [LibraryImport(Name)]
    internal static partial nint X509_get0_notAfter(nint certificate);

    [LibraryImport(Name)]
    internal static partial int X509_cmp_current_time(nint time);

    [LibraryImport(Name)]
    internal static partial nint EVP_aes_256_cbc();

    [LibraryImport(Name)]
    internal static partial int EVP_EncryptInit_ex(nint context, nint cipher, nint engine, byte* key, byte* iv);

    [LibraryImport(Name)]
    internal static partial int EVP_DecryptInit_ex(nint context, nint cipher, nint engine, byte* key, byte* iv);

    [LibraryImport(Name)]
    internal static partial nint EVP_CIPHER_fetch(nint library, byte* name, byte* properties);

    [LibraryImport(Name)]
    internal static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Name)]
    internal static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Name)]
    internal static partial int EVP_CIPHER_CTX_ctrl(nint context, int command, int number, void* pointer);

    [LibraryImport(Name)]
    internal static partial int EVP_EncryptUpdate(nint context, byte* output, int* written, byte* input, int count);

    [LibraryImport(Name)]
    internal static partial int EVP_EncryptFinal_ex(nint context, byte* output, int* written);

    [LibraryImport(Name)]
    internal static partial int EVP_DecryptUpdate(nint context, byte* output, int* written, byte* input, int count);

    [LibraryImport(Name)]
    internal static partial int EVP_DecryptFinal_ex(nint context, byte* output, int* written);

    [LibraryImport(Name)]
    internal static partial int EVP_MAC_CTX_set_params(nint context, OsslParameter* parameters);

    [LibraryImport(Name)]
    internal static partial int RAND_bytes(byte* output, int count);

    [LibraryImport(Name)]
    internal static partial void* CRYPTO_malloc(nuint count, byte* file, int line);

    /// <summary>struct ossl_param_st of core.h.</summary>
    internal struct OsslParameter
    {
        internal byte* Key;
        internal uint Type;
        internal void* Data;
        internal nuint Length;
        internal nuint ReturnLength;
    }
}
