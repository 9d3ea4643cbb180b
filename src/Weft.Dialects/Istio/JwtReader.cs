using Weft.Dialects.Fields;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Dialects.Istio;

/// <summary>security.istio.io RequestAuthentication → issuers.</summary>
public static class JwtReader
{
    /// <param name="keys">For rules that only say where their keys are. Without keys every token of the issuer is refused, as in Istio.</param>
    public static IEnumerable<JwtIssuer> Read(Resource resource, IssuerKeys keys)
    {
        int index = 0;
        foreach (Field rule in new Field(resource.Spec)["jwtRules"].Items)
        {
            JwtIssuer issuer = new()
            {
                Origin = HttpRoutes.OriginOf(resource, $"jwtRules[{index++}]"),
                Issuer = rule["issuer"].Text,
                Jwks = JwksSource.Of(rule) is { } source ? keys.Find(source)?.Jwks ?? "" : rule["jwks"].Text,
                Forward = rule["forwardOriginalToken"].IsTrue,
                PayloadHeader = rule["outputPayloadToHeader"].Text.ToLowerInvariant(),
            };
            issuer.Audiences.AddRange(rule["audiences"].Texts);
            issuer.FromHeaders.AddRange(rule["fromHeaders"].Items.Select(h => new HeaderField { Name = h["name"].Text.ToLowerInvariant(), Value = h["prefix"].Text }));
            issuer.FromParams.AddRange(rule["fromParams"].Texts);
            issuer.ClaimToHeaders.AddRange(rule["outputClaimToHeaders"].Items.Select(c => new HeaderField { Name = c["header"].Text.ToLowerInvariant(), Value = c["claim"].Text }));
            yield return issuer;
        }
    }

    /// <summary>What has to be fetched for a resource.</summary>
    public static IEnumerable<JwksSource> Sources(Resource resource) => new Field(resource.Spec)["jwtRules"].Items.Select(JwksSource.Of).OfType<JwksSource>();
}
