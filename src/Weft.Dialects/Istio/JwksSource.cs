using Weft.Dialects.Fields;

namespace Weft.Dialects.Istio;

/// <summary>Where the keys of an issuer are published, when they do not stand in the rule itself.</summary>
/// <param name="Uri">Absolute, http or https.</param>
/// <param name="IsDiscovery">It is the issuer's own description (OpenID Connect Discovery 1.0 §4), whose jwks_uri says where the keys are.</param>
public readonly record struct JwksSource(string Uri, bool IsDiscovery)
{
    private const string WellKnown = "/.well-known/openid-configuration";

    /// <summary>As istiod: jwks, else jwksUri, else what the issuer says of itself. Null: there is nothing to fetch.</summary>
    internal static JwksSource? Of(Field rule)
    {
        if (rule["jwks"].Text.Length > 0)
        {
            return null;
        }

        string written = WrittenUri(rule).Text;
        string issuer = rule["issuer"].Text;
        if (written.Length > 0)
        {
            return IsHttp(written) ? new JwksSource(written, IsDiscovery: false) : null;
        }

        return IsHttp(issuer) ? new JwksSource(issuer.TrimEnd('/') + WellKnown, IsDiscovery: true) : null;
    }

    /// <summary>The rule's jwksUri, by either of its names.</summary>
    internal static Field WrittenUri(Field rule) => rule["jwksUri"].Exists ? rule["jwksUri"] : rule["jwks_uri"];

    public static bool IsHttp(string text) => System.Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && (uri.Scheme == System.Uri.UriSchemeHttp || uri.Scheme == System.Uri.UriSchemeHttps);
}
