using System.Text.Json.Nodes;
using Weft.Model.V1;

namespace Weft.Cli.Explain;

/// <summary>What becomes of the caller's token. `--claims` stands for a token whose signature and times are good.</summary>
internal sealed record ExplainToken(string Decision, int Status, string Principal, string Why)
{
    private const int Unauthenticated = 401;
    private const int Forbidden = 403;

    public static ExplainToken Judge(ExplainRequest request, IEnumerable<JwtIssuer> issuers)
    {
        if (request.Claims is not { } claims)
        {
            return request.Headers.Any(h => h.Name.Equals("authorization", StringComparison.OrdinalIgnoreCase) && h.Value.StartsWith("Bearer ", StringComparison.Ordinal))
                ? new ExplainToken("deny", Unauthenticated, "", "A bearer token cannot be checked without the issuer's keys here, and one that cannot be checked is refused; give its claims by --claims.")
                : new ExplainToken("none", 0, "", "There is no token: a RequestAuthentication lets such requests pass, only an AuthorizationPolicy can require one.");
        }
        string name = claims["iss"]?.ToString() ?? "";
        if (issuers.FirstOrDefault(i => i.Issuer == name) is not { } issuer)
        {
            return new ExplainToken("deny", Unauthenticated, "", $"No RequestAuthentication of the workload accepts the issuer \"{name}\".");
        }
        string[] audiences = claims["aud"] is JsonArray list ? [.. list.Select(a => a?.ToString() ?? "")] : claims["aud"] is { } one ? [one.ToString()] : [];
        string origin = Explainer.Origin(issuer.Origin);
        string keys = issuer.Jwks.Length > 0 ? "" : " Its keys are not in the resource: the control plane fetches them, and as long as it has none such tokens are refused with 401.";
        return issuer.Audiences.Count > 0 && !issuer.Audiences.Any(audiences.Contains)
            ? new ExplainToken("deny", Forbidden, "", $"{origin} asks for another audience.")
            : new ExplainToken("allow", 0, $"{name}/{claims["sub"]}", $"{origin} accepts the token.{keys}");
    }
}
