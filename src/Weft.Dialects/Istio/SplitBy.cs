using Weft.Dialects.Fields;
using Weft.Model.V1;
using Weft.Resources;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Dialects.Istio;

/// <summary>
/// The annotation that makes a VirtualService's weights a test of versions: a user stays with the version it got, and when weights shift only
/// those move who must. "header:x-user", "query:id", "source", "claim:sub" or "claim:group.nested" (of a validated token), "cookie:ab" (read only) or
/// "cookie:ab=24h" (made, for so long).
/// </summary>
public static class SplitBy
{
    public const string Annotation = "weft.dev/split-by";

    /// <summary>Null: there is none, or it cannot be read.</summary>
    public static HashKey? Read(Resource resource) =>
        resource.Annotations.TryGetValue(Annotation, out string? text) && TryParse(text, out HashKey? key) ? key : null;

    public static bool TryParse(string text, out HashKey? key)
    {
        int colon = text.IndexOf(':');
        string value = colon < 0 ? "" : text[(colon + 1)..].Trim();
        key = (colon < 0 ? text : text[..colon]).Trim() switch
        {
            "header" when value.Length > 0 => new HashKey { Header = value.ToLowerInvariant() },
            "query" when value.Length > 0 => new HashKey { Query = value },
            "claim" when value.Length > 0 && value.Split('.').All(p => p.Length > 0) => new HashKey { Claim = value },
            "source" when colon < 0 => new HashKey { SourceAddress = true },
            "cookie" when value.Length > 0 => CookieKey(value),
            _ => null,
        };
        return key is not null;
    }

    private static HashKey? CookieKey(string value)
    {
        int equals = value.IndexOf('=');
        if (equals < 0)
        {
            return new HashKey { Cookie = new Cookie { Name = value } };
        }
        return equals > 0 && GoDuration.TryParse(value.AsSpan(equals + 1), out TimeSpan ttl) && ttl >= TimeSpan.Zero
            ? new HashKey { Cookie = new Cookie { Name = value[..equals], Path = "/", Ttl = Duration.FromTimeSpan(ttl) } }
            : null;
    }
}
