using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Weft.World.DataPath;

/// <summary>Makes tokens, good and bad ones, and tells its public key.</summary>
internal sealed class TokenIssuer : IDisposable
{
    internal const string Name = "https://issuer.example";

    private readonly RSA _key = RSA.Create(2048);
    private readonly ECDsa _curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal string Jwks
    {
        get
        {
            RSAParameters rsa = _key.ExportParameters(false);
            ECParameters ec = _curve.ExportParameters(false);
            return $$"""{"keys":[{"kty":"RSA","kid":"r","n":"{{Text(rsa.Modulus!)}}","e":"{{Text(rsa.Exponent!)}}"},{"kty":"EC","kid":"e","crv":"P-256","x":"{{Text(ec.Q.X!)}}","y":"{{Text(ec.Q.Y!)}}"}]}""";
        }
    }

    internal string Make(string subject, string issuer = Name, string audience = "shop", long expires = 4_000_000_000, string algorithm = "RS256")
    {
        string header = algorithm.StartsWith('E') ? $$"""{"alg":"{{algorithm}}","kid":"e"}""" : $$"""{"alg":"{{algorithm}}","kid":"r"}""";
        string payload = $$"""{"iss":"{{issuer}}","sub":"{{subject}}","aud":["other","{{audience}}"],"exp":{{expires}},"group":"staff","scope":"read write","realm":{"roles":["a","b"]} }""";
        string signed = $"{Text(Encoding.UTF8.GetBytes(header))}.{Text(Encoding.UTF8.GetBytes(payload))}";
        byte[] bytes = Encoding.ASCII.GetBytes(signed);
        byte[] signature = algorithm switch
        {
            "RS256" => _key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "PS256" => _key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            "ES256" => _curve.SignData(bytes, HashAlgorithmName.SHA256),
            "HS256" => HMACSHA256.HashData(Encoding.ASCII.GetBytes(Jwks), bytes), // the public key taken for a shared secret
            _ => [],
        };
        return $"{signed}.{Text(signature)}";
    }

    public void Dispose()
    {
        _key.Dispose();
        _curve.Dispose();
    }

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
