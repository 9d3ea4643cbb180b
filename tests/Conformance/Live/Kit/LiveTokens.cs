using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Weft.Conformance.Live.Kit;

/// <summary>Signs the claims of rows, and tells the key that proxies check them by.</summary>
internal sealed class LiveTokens
{
    private const long FarFuture = 4_000_000_000;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Jwks
    {
        get
        {
            ECParameters key = _key.ExportParameters(false);
            return $$"""{"keys":[{"kty":"EC","kid":"live","crv":"P-256","x":"{{Base64Url.EncodeToString(key.Q.X)}}","y":"{{Base64Url.EncodeToString(key.Q.Y)}}"}]}""";
        }
    }

    public string Sign(JsonObject claims)
    {
        JsonObject all = claims.DeepClone().AsObject();
        all["exp"] = FarFuture;
        string signed = $"{Text("""{"alg":"ES256","kid":"live"}""")}.{Text(all.ToJsonString())}";
        return $"{signed}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static string Text(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
