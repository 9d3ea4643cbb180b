using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile.Workloads;

/// <summary>
/// PeerAuthentication: the port's mode, else the workload's, else the namespace's, else the mesh's, else permissive. Of
/// several at one level the oldest holds; one of the root namespace with a selector holds for nobody.
/// </summary>
internal sealed class MutualTlsModes(ResourceSnapshot snapshot, string root)
{
    private readonly PolicySelection _policies = new(snapshot, IstioKinds.Security, "PeerAuthentication", root);

    public (InboundPort.Types.Mtls Mode, Origin? Origin) For(WorkloadConfig workload, uint port)
    {
        Resource? own = workload.Namespace == root ? null
            : _policies.Of(workload.Namespace).FirstOrDefault(p => PolicySelection.Selector(p) is { Count: > 0 } s && s.Selects(workload.Labels));
        if (own is not null)
        {
            Field level = new Field(own.Spec)["portLevelMtls"][port.ToString()];
            if (Mode(level["mode"].Text) is { } ofPort)
            {
                return (ofPort, HttpRoutes.OriginOf(own, $"portLevelMtls.{port}"));
            }
        }
        foreach (Resource? policy in new[] { own, Whole(workload.Namespace), Whole(root) })
        {
            if (policy is not null && Mode(new Field(policy.Spec)["mtls"]["mode"].Text) is { } mode)
            {
                return (mode, HttpRoutes.OriginOf(policy, "mtls.mode"));
            }
        }
        return (InboundPort.Types.Mtls.Permissive, null);
    }

    private Resource? Whole(string ns) => _policies.Of(ns).FirstOrDefault(p => PolicySelection.Selector(p).Count == 0);

    /// <summary>UNSET, like nothing at all, asks the next level.</summary>
    private static InboundPort.Types.Mtls? Mode(string mode) => mode switch
    {
        "STRICT" => InboundPort.Types.Mtls.Strict,
        "PERMISSIVE" => InboundPort.Types.Mtls.Permissive,
        "DISABLE" => InboundPort.Types.Mtls.Disable,
        _ => null,
    };
}
