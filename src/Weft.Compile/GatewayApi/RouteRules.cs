using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>What the rules of a route say that cannot be done: of the whole route, or of some of its rules.</summary>
internal static class RouteRules
{
    /// <summary>Why a route cannot be accepted at all; null when it can.</summary>
    public static (string Reason, string Message)? Refusal(Resource route)
    {
        Field[] rules = [.. new Field(route.Spec)["rules"].Items];
        if (Array.Exists(rules, Contradicts))
        {
            return ("IncompatibleFilters", "RequestRedirect and URLRewrite exclude each other on one rule.");
        }
        return rules.Length > 0 && Array.TrueForAll(rules, IsUnsupported)
            ? ("UnsupportedValue", "Every rule has a filter of a type that cannot be run (ExtensionRef, ExternalAuth).") : null;
    }

    /// <summary>Null when every rule is acted on as written.</summary>
    public static Condition? PartiallyInvalid(Resource route)
    {
        Field[] rules = [.. new Field(route.Spec)["rules"].Items];
        string[] dropped = [.. rules.Where(IsUnsupported).Select(r => r.Path)];
        if (dropped.Length == rules.Length)
        {
            return null; // refused as a whole
        }
        string[] backends = [.. rules.Where(r => !IsUnsupported(r)).SelectMany(r => r["backendRefs"].Items).Where(b => !GatewayFilters.AreRunnable(b)).Select(b => b.Path)];
        return dropped.Length > 0
            ? Dropped(dropped, "a filter of a type that cannot be run (ExtensionRef, ExternalAuth); what it matches is answered 500.")
            : backends.Length > 0 ? Dropped(backends, "filters of a backendRef may change headers and rewrite, no more; its share is answered 500. Write others on the rule.") : null;
    }

    private static Condition Dropped(string[] fields, string why) => new("PartiallyInvalid", true, "UnsupportedValue", $"Dropped Rule {string.Join(", ", fields)}: {why}");

    private static bool IsUnsupported(Field rule) => rule["filters"].Items.Any(f => f["type"].Text is "ExtensionRef" or "ExternalAuth");

    private static bool Contradicts(Field rule) =>
        rule["filters"].Items.Any(f => f["type"].Text == "RequestRedirect") && rule["filters"].Items.Any(f => f["type"].Text == "URLRewrite");
}
