using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace Weft.Policy.Tokens;

/// <summary>The public keys of an issuer (RFC 7517). A key says by its type which algorithms it may be used with, whatever a token asks for.</summary>
internal sealed class JwtKeys
{
    /// <summary>Further keys of one issuer are passed over.</summary>
    private const int KeysMax = 100;

    /// <summary>RFC 7518 §3.3: 2048 bits at least. A modulus may be written with a zero byte before it.</summary>
    private const int ModulusBytesMin = 256;

    /// <summary>16384 bits: a larger one would only cost time.</summary>
    private const int ModulusBytesMax = 2049;

    /// <summary>65537 takes three; what is longer only costs time.</summary>
    private const int ExponentBytesMax = 8;

    // Key objects of .NET are not for several threads at once; good tokens are remembered, so that loops seldom meet here.
    private readonly Lock _gate = new();
    private readonly ImmutableArray<(string Id, string Algorithm, AsymmetricAlgorithm Key)> _keys;

    private JwtKeys(ImmutableArray<(string Id, string Algorithm, AsymmetricAlgorithm Key)> keys) => _keys = keys;

    public bool IsEmpty => _keys.IsEmpty;

    /// <summary>Keys that cannot be read are left out.</summary>
    public static JwtKeys Parse(string jwks, string field, ProblemSink problems)
    {
        var keys = ImmutableArray.CreateBuilder<(string, string, AsymmetricAlgorithm)>();
        try
        {
            using var document = JsonDocument.Parse(jwks.Length == 0 ? "{}" : jwks);
            JsonElement list = default;
            bool isSet = document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty("keys", out list) && list.ValueKind is JsonValueKind.Array;
            foreach (var key in isSet ? list.EnumerateArray() : default)
            {
                if (keys.Count < KeysMax && Read(key) is { } read)
                {
                    keys.Add((Text(key, "kid"), Text(key, "alg"), read));
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the second for text with half a surrogate pair
        {
            problems.Add(field, "the keys are not JSON (RFC 7517); tokens of this issuer are refused.");
        }

        return new JwtKeys(keys.ToImmutable());
    }

    public bool Verifies(string algorithm, string id, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        lock (_gate)
        {
            foreach (var (own, allowed, key) in _keys)
            {
                // RFC 7517 §4.4: a key that names its algorithm is for no other.
                if ((id.Length == 0 || own.Length == 0 || id == own) && (allowed.Length == 0 || allowed == algorithm) && Verifies(key, algorithm, signed, signature))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private static bool Verifies(AsymmetricAlgorithm key, string algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        HashAlgorithmName? hash = algorithm.Length == 5
            ? algorithm[2..] switch { "256" => HashAlgorithmName.SHA256, "384" => HashAlgorithmName.SHA384, "512" => HashAlgorithmName.SHA512, _ => null }
            : null;
        if (hash is not { } name)
        {
            return false; // "none" among them
        }

        return (algorithm[..2], key) switch
        {
            ("RS", RSA rsa) => rsa.VerifyData(signed, signature, name, RSASignaturePadding.Pkcs1),
            ("PS", RSA rsa) => rsa.VerifyData(signed, signature, name, RSASignaturePadding.Pss),
            ("ES", ECDsa ec) when IsCurveOf(ec, name) => ec.VerifyData(signed, signature, name, DSASignatureFormat.IeeeP1363FixedFieldConcatenation), // RFC 7518 §3.4
            _ => false,
        };
    }

    // RFC 7518 §3.4: each of the three names its curve.
    private static bool IsCurveOf(ECDsa key, HashAlgorithmName hash) =>
        key.KeySize == (hash == HashAlgorithmName.SHA256 ? 256 : hash == HashAlgorithmName.SHA384 ? 384 : 521);

    private static AsymmetricAlgorithm? Read(JsonElement key)
    {
        try
        {
            if (Text(key, "use") is not ("" or "sig"))
            {
                return null; // RFC 7517 §4.2: it is for encryption
            }

            switch (Text(key, "kty"))
            {
                case "RSA":
                    byte[] modulus = Bytes(key, "n");
                    byte[] exponent = Bytes(key, "e");
                    return modulus.Length is < ModulusBytesMin or > ModulusBytesMax || exponent.Length is 0 or > ExponentBytesMax
                        ? null : RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
                case "EC":
                    ECCurve? curve = Text(key, "crv") switch { "P-256" => ECCurve.NamedCurves.nistP256, "P-384" => ECCurve.NamedCurves.nistP384, "P-521" => ECCurve.NamedCurves.nistP521, _ => null };
                    return curve is { } known ? ECDsa.Create(new ECParameters { Curve = known, Q = new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") } }) : null;
                default:
                    return null; // a shared secret would let everybody who checks tokens make them
            }
        }
        catch (Exception e) when (e is CryptographicException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static byte[] Bytes(JsonElement key, string name) => Base64Url.DecodeFromChars(Text(key, name));

    private static string Text(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() ?? string.Empty : string.Empty;
}
