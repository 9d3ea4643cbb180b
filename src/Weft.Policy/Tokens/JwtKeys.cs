using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace Weft.Policy.Tokens;

/// <summary>The public keys of an issuer (RFC 7517). A key says by its type which algorithms it may be used with, whatever a token asks for.</summary>
internal sealed class JwtKeys
{
    // Key objects of .NET are not for several threads at once; good tokens are remembered, so that loops seldom meet here.
    private readonly Lock _gate = new();
    private readonly ImmutableArray<(string Id, AsymmetricAlgorithm Key)> _keys;

    private JwtKeys(ImmutableArray<(string Id, AsymmetricAlgorithm Key)> keys) => _keys = keys;

    public bool IsEmpty => _keys.IsEmpty;

    /// <summary>Keys that cannot be read are left out.</summary>
    public static JwtKeys Parse(string jwks, string field, ProblemSink problems)
    {
        var keys = ImmutableArray.CreateBuilder<(string, AsymmetricAlgorithm)>();
        try
        {
            using var document = JsonDocument.Parse(jwks.Length == 0 ? "{}" : jwks);
            foreach (var key in document.RootElement.TryGetProperty("keys", out var list) && list.ValueKind is JsonValueKind.Array ? list.EnumerateArray() : default)
            {
                if (Read(key) is { } read)
                {
                    keys.Add((Text(key, "kid"), read));
                }
            }
        }
        catch (JsonException)
        {
            problems.Add(field, "the keys are not JSON (RFC 7517); tokens of this issuer are refused.");
        }

        return new JwtKeys(keys.ToImmutable());
    }

    public bool Verifies(string algorithm, string id, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        lock (_gate)
        {
            foreach (var (own, key) in _keys)
            {
                if ((id.Length == 0 || own.Length == 0 || id == own) && Verifies(key, algorithm, signed, signature))
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
            ("ES", ECDsa ec) => ec.VerifyData(signed, signature, name, DSASignatureFormat.IeeeP1363FixedFieldConcatenation), // RFC 7518 §3.4
            _ => false,
        };
    }

    private static AsymmetricAlgorithm? Read(JsonElement key)
    {
        try
        {
            switch (Text(key, "kty"))
            {
                case "RSA":
                    return RSA.Create(new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") });
                case "EC":
                    ECCurve? curve = Text(key, "crv") switch { "P-256" => ECCurve.NamedCurves.nistP256, "P-384" => ECCurve.NamedCurves.nistP384, "P-521" => ECCurve.NamedCurves.nistP521, _ => null };
                    return curve is { } known ? ECDsa.Create(new ECParameters { Curve = known, Q = new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") } }) : null;
                default:
                    return null; // a shared secret would let everybody who checks tokens make them
            }
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    private static byte[] Bytes(JsonElement key, string name) => Base64Url.DecodeFromChars(Text(key, name));

    private static string Text(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() ?? string.Empty : string.Empty;
}
