using System.Diagnostics.CodeAnalysis;

namespace Weft.ControlPlane.Api;

/// <summary>
/// A request path of the resource API taken apart:
/// /api/v1 or /apis/GROUP/VERSION, then [/namespaces/NS]/PLURAL[/NAME[/SUBRESOURCE]].
/// </summary>
internal sealed record ApiPath(string Group, string Version, string Namespace, string Plural, string Name, string Subresource)
{
    public static bool TryParse(string path, [NotNullWhen(true)] out ApiPath? parsed)
    {
        parsed = null;
        string[] parts = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
        (string group, string version, string[] rest) = parts switch
        {
            ["api", var v, .. var r] => ("", v, r),
            ["apis", var g, var v, .. var r] => (g, v, r),
            _ => ("", "", []),
        };

        // The old /watch/ prefix is what list?watch=true replaced; nobody is served there.
        parsed = rest switch
        {
            ["namespaces"] => new ApiPath(group, version, "", "namespaces", "", ""),
            ["namespaces", var name] => new ApiPath(group, version, "", "namespaces", name, ""),
            ["namespaces", var name, "status" or "finalize"] => new ApiPath(group, version, "", "namespaces", name, rest[2]),
            ["namespaces", var ns, var plural] => new ApiPath(group, version, ns, plural, "", ""),
            ["namespaces", var ns, var plural, var name] => new ApiPath(group, version, ns, plural, name, ""),
            ["namespaces", var ns, var plural, var name, var sub, ..] => new ApiPath(group, version, ns, plural, name, sub),
            [var plural] => new ApiPath(group, version, "", plural, "", ""),
            [var plural, var name] => new ApiPath(group, version, "", plural, name, ""),
            [var plural, var name, var sub] => new ApiPath(group, version, "", plural, name, sub),
            _ => null,
        };
        return parsed is not null;
    }
}
