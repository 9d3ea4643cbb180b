using System.Security.Cryptography;
using System.Text;

namespace Weft.Stores.Sqlite;

/// <summary>
/// Seals the bodies of Secrets with AES-256-GCM under a key of this store alone. The resource's key and revision are
/// bound to the box, so that one row's body cannot be moved into another. NIST SP 800-38D: 96-bit random nonces are safe for 2^32 boxes.
/// </summary>
internal sealed class SecretBox : IDisposable
{
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly AesGcm _cipher;

    private SecretBox(byte[] key) => _cipher = new AesGcm(key, TagBytes);

    /// <summary>Reads the key, or makes it when <paramref name="mayCreate"/>: a lost key must not be silently replaced.</summary>
    public static SecretBox Open(string path, bool mayCreate)
    {
        if (!File.Exists(path))
        {
            if (!mayCreate)
            {
                throw new StoreUnusableException($"{path} is missing, and the database holds Secrets sealed with it: restore the file from a backup.");
            }

            Create(path);
        }

        byte[] key = File.ReadAllBytes(path);
        if (key.Length != KeyBytes)
        {
            throw new StoreUnusableException($"{path} must hold {KeyBytes} bytes and holds {key.Length}: restore it from a backup.");
        }

        SecretBox box = new(key);
        CryptographicOperations.ZeroMemory(key);
        return box;
    }

    public byte[] Seal(ReadOnlySpan<byte> plain, string bound)
    {
        byte[] box = new byte[NonceBytes + TagBytes + plain.Length];
        Span<byte> nonce = box.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        _cipher.Encrypt(nonce, plain, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(bound));
        return box;
    }

    public byte[] Open(ReadOnlySpan<byte> box, string bound)
    {
        if (box.Length < NonceBytes + TagBytes)
        {
            throw new CryptographicException("the box is too short");
        }

        byte[] plain = new byte[box.Length - NonceBytes - TagBytes];
        _cipher.Decrypt(box[..NonceBytes], box[(NonceBytes + TagBytes)..], box.Slice(NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(bound));
        return plain;
    }

    public void Dispose() => _cipher.Dispose();

    private static void Create(string path)
    {
        using FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(RandomNumberGenerator.GetBytes(KeyBytes));
        file.Flush(flushToDisk: true);
    }
}
