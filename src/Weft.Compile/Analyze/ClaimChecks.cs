using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Rules that look at token claims need somebody who validates the tokens where the rules run.</summary>
internal static class ClaimChecks
{
    private const string ClaimPrefix = "@request.auth.claims";

    public static void Run(AnalysisContext context, Resource resource, Field spec)
    {
        List<(string Path, string Key)> claims = [.. spec["http"].Items.SelectMany(r => r["match"].Items).SelectMany(m => m["headers"].Entries.Concat(m["withoutHeaders"].Entries))
            .Where(h => h.Key.StartsWith(ClaimPrefix, StringComparison.Ordinal)).Select(h => (h.Value.Path, KeyOf(h.Value)))];
        if (SplitBy.Read(resource) is { Claim.Length: > 0 } split)
        {
            claims.Add(($"metadata.annotations[\"{SplitBy.Annotation}\"]", $"claim:{split.Claim}"));
        }
        if (claims.Count == 0)
        {
            return;
        }
        foreach (string name in spec["gateways"].Texts.Where(g => g != IstioScope.Mesh))
        {
            string full = VirtualServiceConfig.GatewayName(name, resource.Namespace);
            Resource? gateway = context.Istio("Gateway").FirstOrDefault(g => $"{g.Namespace}/{g.Name}" == full);
            foreach ((string path, string key) in gateway is null || Validated(context, gateway) ? [] : claims)
            {
                context.Report.Add(resource, "IST0149", path, $"The virtual service uses the JWT claim based routing (key: {key}) but found no request authentication for the gateway ({full}) pod.");
            }
        }
    }

    private static string KeyOf(Field claim) => claim.Path[claim.Path.IndexOf(ClaimPrefix, StringComparison.Ordinal)..].TrimEnd(']', '"');

    /// <summary>Of the gateway's pods where they are known, else of whatever its selector says.</summary>
    private static bool Validated(AnalysisContext context, Resource gateway)
    {
        Dictionary<string, string> selector = new Field(gateway.Spec)["selector"].Map;
        (string Namespace, IReadOnlyDictionary<string, string> Labels)[] pods =
            [.. context.Resources.Where(r => r.Kind == "Pod" && selector.Selects(r.Labels)).Select(p => (p.Namespace, p.Labels))];
        if (pods.Length == 0)
        {
            pods = [(gateway.Namespace, selector)];
        }
        return context.Resources.Where(r => r is { Group: IstioKinds.Security, Kind: "RequestAuthentication" })
            .Any(a => pods.Any(p => (a.Namespace == p.Namespace || a.Namespace == context.Index.Options.IstioRootNamespace) && new Field(a.Spec)["selector"]["matchLabels"].Map.Selects(p.Labels)));
    }
}
