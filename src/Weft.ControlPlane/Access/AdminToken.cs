using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Weft.ControlPlane.Access;

/// <summary>The bearer token of the local administrator: 256 random bits, made at the first start. Thread-safe.</summary>
public sealed class AdminToken
{
    private const int Bytes = 32;

    private readonly byte[] _hash;

    private AdminToken(string text)
    {
        Text = text;
        _hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>For the kubeconfig only; never logged.</summary>
    public string Text { get; }

    public static AdminToken Open(string path)
    {
        if (!File.Exists(path))
        {
            string made = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
            PrivateText.Write(path, made + "\n");
        }

        string text = File.ReadAllText(path).Trim();
        return text.Length >= 32 ? new AdminToken(text) : throw new InvalidDataException($"{path} is too short for a token: delete it and a new one is made.");
    }

    /// <summary>Compares hashes in constant time: neither content nor length of the token can be measured.</summary>
    public bool Matches(string given) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), _hash);
}
