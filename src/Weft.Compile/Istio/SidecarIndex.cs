using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Istio;

/// <summary>
/// Sidecar resources: which hosts a workload imports. The one that selects it, else its namespace's, else the root
/// namespace's; never merged. Scoping is not a security boundary: what is not imported is unmatched traffic.
/// </summary>
internal sealed class SidecarIndex
{
    private readonly Dictionary<string, List<Resource>> _byNamespace = new(StringComparer.Ordinal);
    private readonly string _root;

    public SidecarIndex(ResourceSnapshot snapshot, CompileOptions options)
    {
        _root = options.IstioRootNamespace;
        foreach (Resource sidecar in snapshot.OfKind(IstioKinds.Networking, "Sidecar").Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge)))
        {
            if (!_byNamespace.TryGetValue(sidecar.Namespace, out List<Resource>? same))
            {
                _byNamespace[sidecar.Namespace] = same = [];
            }
            same.Add(sidecar);
            SelectorLabels.UnionWith(Selector(sidecar).Keys);
        }
    }

    public HashSet<string> SelectorLabels { get; } = new(StringComparer.Ordinal);

    public Resource? For(ClientScope client)
    {
        if (client.IsGateway)
        {
            return null;
        }
        List<Resource> own = _byNamespace.GetValueOrDefault(client.Namespace) ?? [];
        return own.Find(s => Selector(s) is { Count: > 0 } selector && selector.Selects(client.Labels))
            ?? own.Find(s => Selector(s).Count == 0)
            ?? _byNamespace.GetValueOrDefault(_root)?.Find(s => Selector(s).Count == 0);
    }

    /// <summary>
    /// Whether a client's Sidecar lets it see a port of a host, or a VirtualService for it, of a namespace; without one everything is seen. A
    /// listener for the port hides those that name none.
    /// </summary>
    public bool Imports(ClientScope client, string ns, string host, uint port)
    {
        Field[] egress = [.. new Field(For(client)?.Spec)["egress"].Items];
        if (egress.Length == 0)
        {
            return true;
        }
        Field[] own = Array.FindAll(egress, e => e["port"]["number"].Number == port);
        string[] patterns = [.. (own.Length > 0 ? own : egress.Where(e => (e["port"]["number"].Number ?? 0) == 0)).SelectMany(e => e["hosts"].Texts)];
        return patterns.Any(p => Matches(p, client.Namespace, ns, host))
            && !patterns.Any(p => p is ['~', not '/', ..] && Matches(p[1..], client.Namespace, ns, host));
    }

    /// <summary>"namespace/host" with "." for the own namespace, "*" for all and "~" for none; "~namespace/host" takes away.</summary>
    private static bool Matches(string pattern, string own, string ns, string host)
    {
        int slash = pattern.IndexOf('/');
        if (slash < 0)
        {
            return false;
        }
        string where = pattern[..slash];
        return (where == "*" || where == ns || (where == "." && ns == own)) && HostNames.Covers(pattern[(slash + 1)..].ToLowerInvariant(), host);
    }

    private static Dictionary<string, string> Selector(Resource sidecar) => new Field(sidecar.Spec)["workloadSelector"]["labels"].Map;
}
