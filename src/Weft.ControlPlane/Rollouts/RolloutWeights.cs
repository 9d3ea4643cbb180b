using System.Text.Json.Nodes;
using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.ControlPlane.Rollouts;

/// <summary>Reads and writes the shares of two versions in a VirtualService or an HTTPRoute. Pure.</summary>
/// <param name="Target">The resource with the weights, a copy.</param>
/// <param name="IsChanged">False: it has these weights already.</param>
/// <param name="Host">The full name of the service that the canary serves; empty: the target has no place with both versions.</param>
internal sealed record RolloutWeights(Resource Target, bool IsChanged, string Host)
{
    public static RolloutWeights Set(Resource target, RolloutConfig config, int canaryWeight, string clusterDomain)
    {
        Resource copy = target.Clone();
        bool isIstio = config.TargetKind == "VirtualService";
        Field spec = new(copy.Spec);
        IEnumerable<Field> lists = isIstio ? spec["http"].Items.Select(r => r["route"]) : spec["rules"].Items.Select(r => r["backendRefs"]);
        string host = "";
        bool changed = false;
        foreach (Field list in lists)
        {
            Field stable = list.Items.FirstOrDefault(d => Is(d, config.Stable, isIstio));
            Field canary = list.Items.FirstOrDefault(d => Is(d, config.Canary, isIstio));
            if (stable.Node is not JsonObject stableShare || canary.Node is not JsonObject canaryShare || ReferenceEquals(stableShare, canaryShare))
            {
                continue; // other rules of the target are none of ours
            }

            host = HostOf(canary, target.Namespace, isIstio, clusterDomain);
            changed |= Write(stableShare, 100 - canaryWeight) | Write(canaryShare, canaryWeight);
        }

        return new RolloutWeights(copy, changed, host);
    }

    private static bool Is(Field share, RolloutVersion version, bool isIstio)
    {
        Field destination = isIstio ? share["destination"] : share;
        string service = destination[isIstio ? "host" : "name"].Text;
        return (version.Subset.Length == 0 || (isIstio && destination["subset"].Text == version.Subset)) && (version.Service.Length == 0 || service == version.Service)
            && version.Subset.Length + version.Service.Length > 0;
    }

    private static string HostOf(Field share, string ns, bool isIstio, string clusterDomain) => isIstio
        ? HostNames.Complete(share["destination"]["host"].Text, ns, clusterDomain)
        : HostNames.OfService(share["name"].Text, share["namespace"].Text is { Length: > 0 } other ? other : ns, clusterDomain);

    private static bool Write(JsonObject share, int weight)
    {
        if (new Field(share)["weight"].Integer == weight)
        {
            return false;
        }

        share["weight"] = weight;
        return true;
    }
}
