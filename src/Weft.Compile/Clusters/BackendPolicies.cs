using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile.Clusters;

/// <summary>
/// BackendPolicies by what they target in their own namespace. Of several for one target the oldest holds. One for a port stands in
/// for the service's, block by block.
/// </summary>
internal sealed class BackendPolicies
{
    private const uint EveryPort = 0;

    private readonly Dictionary<(string Namespace, string Kind, string Name, uint Port), Resource> _byTarget = [];

    public BackendPolicies(ResourceSnapshot snapshot)
    {
        foreach (Resource policy in snapshot.OfKind(IstioKinds.Weft, BackendPolicyReader.Kind).Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge)))
        {
            _byTarget.TryAdd(Target(policy), policy);
        }
    }

    /// <summary>The policy that has the target before this one; null when this one holds.</summary>
    public Resource? Winner(Resource policy) => _byTarget.TryGetValue(Target(policy), out Resource? holder) && holder.Key != policy.Key ? holder : null;

    public void Apply(Cluster cluster, ServiceConfig service, uint port)
    {
        if (_byTarget.Count == 0)
        {
            return;
        }
        Resource? whole = _byTarget.GetValueOrDefault((service.Namespace, service.Resource.Kind, service.Resource.Name, EveryPort));
        Resource? own = _byTarget.GetValueOrDefault((service.Namespace, service.Resource.Kind, service.Resource.Name, port));
        foreach (Resource policy in new[] { own, whole }.OfType<Resource>())
        {
            cluster.HealthCheck ??= cluster.Discovery == Cluster.Types.Discovery.OriginalDestination ? null : BackendPolicyReader.HealthCheck(policy);
            cluster.Hedging ??= BackendPolicyReader.Hedging(policy);
            cluster.ZoneAware ??= BackendPolicyReader.ZoneAware(policy);
        }
    }

    private static (string Namespace, string Kind, string Name, uint Port) Target(Resource policy)
    {
        Field target = new Field(policy.Spec)["targetRef"];
        return (policy.Namespace, target["kind"].Text, target["name"].Text, target["port"].Number ?? EveryPort);
    }
}
