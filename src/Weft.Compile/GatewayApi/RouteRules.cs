using Weft.Dialects.Fields;
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
        int[] dropped = [.. Enumerable.Range(0, rules.Length).Where(i => IsUnsupported(rules[i]))];
        return dropped.Length == 0 || dropped.Length == rules.Length
            ? null
            : new Condition("PartiallyInvalid", true, "UnsupportedValue",
                $"Dropped Rule {string.Join(", ", dropped.Select(d => $"rules[{d}]"))}: a filter of a type that cannot be run (ExtensionRef, ExternalAuth); what it matches is answered 500.");
    }

    private static bool IsUnsupported(Field rule) => rule["filters"].Items.Any(f => f["type"].Text is "ExtensionRef" or "ExternalAuth");

    private static bool Contradicts(Field rule) =>
        rule["filters"].Items.Any(f => f["type"].Text == "RequestRedirect") && rule["filters"].Items.Any(f => f["type"].Text == "URLRewrite");
}
