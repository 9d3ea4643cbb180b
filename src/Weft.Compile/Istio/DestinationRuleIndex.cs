using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Istio;

/// <summary>DestinationRules by namespace, merged per host; answers which one holds for a client and a host.</summary>
internal sealed class DestinationRuleIndex
{
    private readonly Dictionary<string, List<DestinationRuleConfig>> _byNamespace = new(StringComparer.Ordinal);
    private readonly string _root;

    public DestinationRuleIndex(ResourceSnapshot snapshot, CompileOptions options)
    {
        _root = options.IstioRootNamespace;
        foreach (Resource resource in snapshot.OfKind(IstioKinds.Networking, "DestinationRule").Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge)))
        {
            DestinationRuleConfig rule = new(resource, options.ClusterDomain);
            if (!_byNamespace.TryGetValue(resource.Namespace, out List<DestinationRuleConfig>? rules))
            {
                _byNamespace[resource.Namespace] = rules = [];
            }
            DestinationRuleConfig? same = rules.Find(r => r.Host == rule.Host && SameSelector(r, rule) && r.Visibility.IsSame(rule.Visibility));
            if (same is null)
            {
                rules.Add(rule);
            }
            else
            {
                same.Merge(resource);
            }
            SelectorLabels.UnionWith(rule.Selector.Keys);
        }
    }

    /// <summary>Labels that workloadSelectors look at.</summary>
    public HashSet<string> SelectorLabels { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// The client's namespace first (for the root namespace's own clients only its private rules), then the service's, then
    /// the root namespace. The first namespace with any matching host hides the others.
    /// </summary>
    public DestinationRuleConfig? For(string host, string serviceNamespace, ClientScope client)
    {
        if (client.Namespace != _root && In(client.Namespace, host, client, r => r.Visibility.Includes(client.Namespace)) is { } own)
        {
            return own;
        }
        if (client.Namespace == _root && In(_root, host, client, r => r.Visibility.IsPrivate) is { } ownPrivate)
        {
            return ownPrivate;
        }
        return In(serviceNamespace, host, client, r => r.Visibility.Includes(client.Namespace))
            ?? In(_root, host, client, r => r.Visibility.Includes(client.Namespace));
    }

    /// <summary>Every rule of a host that defines a subset, in any namespace: for analysis.</summary>
    public IEnumerable<DestinationRuleConfig> All => _byNamespace.Values.SelectMany(r => r);

    /// <summary>
    /// Whether a rule makes a client use a secret of its own namespace. Istio: gateways by any rule they see, sidecars only by one that selects them.
    /// </summary>
    public bool NamesCredential(string name, ClientScope client) => _byNamespace.Any(n => n.Value.Exists(r =>
        r.NamesCredential(name, client.Namespace) && (client.IsGateway ? r.Visibility.Includes(client.Namespace) : r.Selector.Count > 0) && Selects(r, client, n.Key)));

    private DestinationRuleConfig? In(string ns, string host, ClientScope client, Func<DestinationRuleConfig, bool> visible)
    {
        if (!_byNamespace.TryGetValue(ns, out List<DestinationRuleConfig>? rules))
        {
            return null;
        }
        // A rule that selects this workload comes before one for everybody, then the more specific host.
        return rules.Where(r => HostNames.Covers(r.Host, host) && visible(r) && Selects(r, client, ns))
            .OrderBy(r => r.Selector.Count == 0).ThenBy(r => r.Host, Comparer<string>.Create(HostNames.CompareSpecificity)).FirstOrDefault();
    }

    /// <summary>A workloadSelector picks clients of the rule's own namespace.</summary>
    private static bool Selects(DestinationRuleConfig rule, ClientScope client, string ns) =>
        rule.Selector.Count == 0 || (ns == client.Namespace && rule.Selector.Selects(client.Labels));

    private static bool SameSelector(DestinationRuleConfig a, DestinationRuleConfig b) =>
        a.Selector.Count == b.Selector.Count && a.Selector.Selects(b.Selector);
}
