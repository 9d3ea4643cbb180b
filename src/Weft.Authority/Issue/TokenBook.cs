using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Weft.Authority.Keep;

namespace Weft.Authority.Issue;

/// <summary>
/// Outstanding tokens, by hash, in memory and in a 0600 file so that a restarted control plane still honours them and
/// never honours a used one. Thread-safe.
/// </summary>
/// <remarks>Form: <c>weft1.ID.SECRET</c>, 64 bits to find it by and 256 bits to prove it, both base64url.</remarks>
internal sealed class TokenBook : ITokenMint
{
    private const string Prefix = "weft1.";
    private const int IdBytes = 8;
    private const int SecretBytes = 32;
    private static readonly TimeSpan LifetimeMax = TimeSpan.FromDays(7);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TokenRecord> _outstanding = new(StringComparer.Ordinal);
    private readonly string _file;
    private readonly int _outstandingMax;
    private readonly TimeProvider _time;

    public TokenBook(string file, int outstandingMax, TimeProvider time)
    {
        _file = file;
        _outstandingMax = outstandingMax;
        _time = time;
        if (File.Exists(file))
        {
            TokenRecord[] records = JsonSerializer.Deserialize(File.ReadAllBytes(file), KeepJson.Default.TokenRecordArray) ?? [];
            _outstanding = records.ToDictionary(r => r.Id, StringComparer.Ordinal);
        }
    }

    public MintedToken Mint(TokenBinding binding, TimeSpan lifetime)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lifetime, LifetimeMax);
        string id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));
        byte[] secret = RandomNumberGenerator.GetBytes(SecretBytes);
        DateTimeOffset expires = _time.GetUtcNow() + lifetime;
        var record = new TokenRecord(
            id, Convert.ToHexStringLower(SHA256.HashData(secret)), expires, binding.Namespace, binding.ServiceAccount, binding.Pod, binding.PodUid);
        lock (_gate)
        {
            DropExpiredUnderGate();
            if (_outstanding.Count >= _outstandingMax)
            {
                throw new TokenLimitException(_outstandingMax);
            }

            _outstanding.Add(id, record);
            SaveUnderGate();
        }

        return new MintedToken($"{Prefix}{id}.{Base64Url.EncodeToString(secret)}", id, expires);
    }

    /// <summary>Uses a token up. A second call with the same text is refused, also when the first one's answer was lost.</summary>
    public bool TryRedeem(string text, [MaybeNullWhen(false)] out TokenBinding binding, out string id)
    {
        binding = null;
        if (!TryRead(text, out id, out byte[] secret))
        {
            return false;
        }

        byte[] hash = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(secret)));
        lock (_gate)
        {
            // The id only finds the record and is no secret; what proves is compared in constant time.
            if (!_outstanding.TryGetValue(id, out TokenRecord? record)
                || !CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(record.Hash), hash)
                || record.Expires <= _time.GetUtcNow())
            {
                return false;
            }

            _outstanding.Remove(id);
            SaveUnderGate(); // on disk before the answer leaves: a crash now must not make it valid again
            binding = new TokenBinding(record.Namespace, record.ServiceAccount, record.Pod, record.PodUid);
            return true;
        }
    }

    private static bool TryRead(string text, out string id, out byte[] secret)
    {
        id = "";
        secret = [];
        if (text.Length > 256 || !text.StartsWith(Prefix, StringComparison.Ordinal) || text[Prefix.Length..].Split('.') is not [var first, var second])
        {
            return false;
        }

        byte[] decoded = new byte[SecretBytes];
        if (!Base64Url.IsValid(first) || !Base64Url.IsValid(second, out int length) || length != SecretBytes
            || !Base64Url.TryDecodeFromChars(second, decoded, out _))
        {
            return false;
        }

        id = first;
        secret = decoded;
        return true;
    }

    private void DropExpiredUnderGate()
    {
        DateTimeOffset now = _time.GetUtcNow();
        foreach (TokenRecord expired in _outstanding.Values.Where(r => r.Expires <= now).ToArray())
        {
            _outstanding.Remove(expired.Id);
        }
    }

    private void SaveUnderGate()
    {
        TokenRecord[] records = [.. _outstanding.Values];
        PrivateFile.Write(_file, JsonSerializer.SerializeToUtf8Bytes(records, KeepJson.Default.TokenRecordArray));
    }
}
