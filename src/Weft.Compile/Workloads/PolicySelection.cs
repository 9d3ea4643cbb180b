using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Workloads;

/// <summary>Which policies of a kind hold for a workload: those of its namespace and of the root namespace that select it.</summary>
internal sealed class PolicySelection
{
    private readonly ILookup<string, Resource> _byNamespace;
    private readonly string _root;

    public PolicySelection(ResourceSnapshot snapshot, string group, string kind, string root)
    {
        _byNamespace = snapshot.OfKind(group, kind).Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge)).ToLookup(r => r.Namespace, StringComparer.Ordinal);
        _root = root;
    }

    /// <summary>Root namespace first, oldest first. Policies with targetRefs are for gateways of the Gateway API and waypoints.</summary>
    public IEnumerable<Resource> For(WorkloadConfig workload, string gatewayName) =>
        (workload.Namespace == _root ? [] : _byNamespace[_root]).Concat(_byNamespace[workload.Namespace]).Where(p => Selects(p, workload, gatewayName));

    public IEnumerable<Resource> Of(string ns) => _byNamespace[ns];

    public static IReadOnlyDictionary<string, string> Selector(Resource policy) => new Field(policy.Spec)["selector"]["matchLabels"].Map;

    private static bool Selects(Resource policy, WorkloadConfig workload, string gatewayName)
    {
        Field spec = new(policy.Spec);
        if (spec["targetRefs"].Count > 0 || spec["targetRef"].Exists)
        {
            return policy.Namespace == workload.Namespace && gatewayName.Length > 0
                && spec["targetRefs"].Items.Append(spec["targetRef"]).Any(t => t["kind"].Text == "Gateway" && t["name"].Text == gatewayName);
        }
        return Selector(policy).Selects(workload.Labels);
    }
}
