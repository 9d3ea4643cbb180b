using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Weft.Transport.Native;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport.Tls;

/// <summary>
/// The keys of one direction under TLS 1.3 (RFC 8446 §5.2, §5.3, §7.3), in libcrypto's cipher context. Native memory of <see cref="TlsRecords"/>,
/// which frees it. Used by its loop only. Secret: never logged.
/// </summary>
internal unsafe struct TlsTrafficKeys
{
    internal const int TagBytes = 16;

    // The same for all suites of TLS 1.3 (RFC 8446 §5.3).
    private const int NonceBytes = 12;
    private const int KeyBytesMax = 32;

    private nint _cipher;
    private TlsSuite _suite;
    private int _secretBytes;
    private fixed byte _secret[TlsSecrets.SecretBytesMax];
    private fixed byte _iv[NonceBytes];

    /// <summary>Records that these keys have protected: the next one's number.</summary>
    internal ulong Sequence { get; private set; }

    /// <summary>Takes a direction over after so many records. Throws nothing: libcrypto has no reason to refuse keys of the right size.</summary>
    internal void Start(TlsSuite suite, ReadOnlySpan<byte> secret, ulong sequence, bool seals)
    {
        _suite = suite;
        _secretBytes = secret.Length;
        fixed (byte* own = _secret)
        {
            secret.CopyTo(new Span<byte>(own, TlsSecrets.SecretBytesMax));
        }

        _cipher = LibCrypto.EVP_CIPHER_CTX_new();
        UseSecret(seals);
        Sequence = sequence;
    }

    /// <summary>RFC 8446 §7.2: the next generation of keys, whose records are counted anew.</summary>
    internal void Update(bool seals)
    {
        Span<byte> next = stackalloc byte[_secretBytes];
        fixed (byte* secret = _secret)
        {
            var own = new Span<byte>(secret, _secretBytes);
            Expand(own, "traffic upd"u8, next);
            next.CopyTo(own);
        }

        CryptographicOperations.ZeroMemory(next);
        UseSecret(seals);
        Sequence = 0;
    }

    internal void Free()
    {
        LibCrypto.EVP_CIPHER_CTX_free(_cipher); // libcrypto clears its keys
        _cipher = 0;
    }

    /// <summary>Content and the record's true type into ciphertext and tag: so many bytes more than the content as type and tag take. False: libcrypto failed.</summary>
    internal bool Seal(byte* header, int headerBytes, ReadOnlySpan<byte> content, byte type, byte* output)
    {
        byte* nonce = stackalloc byte[NonceBytes];
        NextNonce(nonce);
        int written;
        fixed (byte* plain = content)
        {
            return LibCrypto.EVP_EncryptInit_ex(_cipher, 0, 0, null, nonce) == 1
                && LibCrypto.EVP_EncryptUpdate(_cipher, null, &written, header, headerBytes) == 1
                && LibCrypto.EVP_EncryptUpdate(_cipher, output, &written, plain, content.Length) == 1
                && LibCrypto.EVP_EncryptUpdate(_cipher, output + content.Length, &written, &type, 1) == 1
                && LibCrypto.EVP_EncryptFinal_ex(_cipher, output + content.Length + 1, &written) == 1
                && LibCrypto.EVP_CIPHER_CTX_ctrl(_cipher, EVP_CTRL_AEAD_GET_TAG, TagBytes, output + content.Length + 1) == 1;
        }
    }

    /// <summary>Ciphertext with its tag into what was sealed. False: it is not the peer's next record, and <paramref name="output"/> holds nothing of worth.</summary>
    internal bool Open(byte* header, int headerBytes, byte* sealedBytes, int length, byte* output)
    {
        byte* nonce = stackalloc byte[NonceBytes];
        NextNonce(nonce);
        int written;
        int plain = length - TagBytes;
        return LibCrypto.EVP_DecryptInit_ex(_cipher, 0, 0, null, nonce) == 1
            && LibCrypto.EVP_DecryptUpdate(_cipher, null, &written, header, headerBytes) == 1
            && LibCrypto.EVP_DecryptUpdate(_cipher, output, &written, sealedBytes, plain) == 1
            && LibCrypto.EVP_CIPHER_CTX_ctrl(_cipher, EVP_CTRL_AEAD_SET_TAG, TagBytes, sealedBytes + plain) == 1
            && LibCrypto.EVP_DecryptFinal_ex(_cipher, output + plain, &written) == 1;
    }

    private void NextNonce(byte* nonce)
    {
        fixed (byte* iv = _iv)
        {
            new ReadOnlySpan<byte>(iv, NonceBytes).CopyTo(new Span<byte>(nonce, NonceBytes));
        }

        var counted = new Span<byte>(nonce + NonceBytes - sizeof(ulong), sizeof(ulong));
        BinaryPrimitives.WriteUInt64BigEndian(counted, BinaryPrimitives.ReadUInt64BigEndian(counted) ^ Sequence++);
    }

    private void UseSecret(bool seals)
    {
        byte* key = stackalloc byte[KeyBytesMax];
        fixed (byte* secret = _secret, iv = _iv)
        {
            var own = new ReadOnlySpan<byte>(secret, _secretBytes);
            Expand(own, "key"u8, new Span<byte>(key, _suite.KeyBytes));
            Expand(own, "iv"u8, new Span<byte>(iv, NonceBytes));
        }

        _ = seals ? LibCrypto.EVP_EncryptInit_ex(_cipher, _suite.Cipher, 0, key, null) : LibCrypto.EVP_DecryptInit_ex(_cipher, _suite.Cipher, 0, key, null);
        CryptographicOperations.ZeroMemory(new Span<byte>(key, KeyBytesMax));
    }

    /// <summary>HKDF-Expand-Label of RFC 8446 §7.1, with no context.</summary>
    private readonly void Expand(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, Span<byte> output)
    {
        ReadOnlySpan<byte> prefix = "tls13 "u8;
        Span<byte> info = stackalloc byte[2 + 1 + prefix.Length + label.Length + 1];
        BinaryPrimitives.WriteUInt16BigEndian(info, (ushort)output.Length);
        info[2] = (byte)(prefix.Length + label.Length);
        prefix.CopyTo(info[3..]);
        label.CopyTo(info[(3 + prefix.Length)..]);
        info[^1] = 0;
        HKDF.Expand(_suite.IsSha384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256, secret, output, info);
    }
}

/// <summary>One of the suites of TLS 1.3 that we speak, by libcrypto's cipher of it.</summary>
internal readonly record struct TlsSuite(nint Cipher, int KeyBytes, bool IsSha384)
{
    private static readonly TlsSuite Aes128 = new(Fetch("AES-128-GCM\0"u8), 16, IsSha384: false);
    private static readonly TlsSuite Aes256 = new(Fetch("AES-256-GCM\0"u8), 32, IsSha384: true);
    private static readonly TlsSuite ChaCha20 = new(Fetch("ChaCha20-Poly1305\0"u8), 32, IsSha384: false);

    /// <summary>By its number in RFC 8446 appendix B.4. False: not one of ours.</summary>
    internal static bool TryFind(int number, out TlsSuite suite)
    {
        suite = number switch { 0x1301 => Aes128, 0x1302 => Aes256, 0x1303 => ChaCha20, _ => default };
        return suite.Cipher != 0;
    }

    /// <summary>Once per process: the fetch takes locks, which a connection should not. 0: this libcrypto has no such cipher.</summary>
    private static unsafe nint Fetch(ReadOnlySpan<byte> name)
    {
        fixed (byte* text = name)
        {
            return LibCrypto.EVP_CIPHER_fetch(0, text, null);
        }
    }
}
