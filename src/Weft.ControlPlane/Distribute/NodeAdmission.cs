using System.Text.Json.Nodes;
using Weft.Primitives;
using Weft.Protocol.Discovery.V1;
using Weft.Resources;
using Resource = Weft.Resources.Resource;

namespace Weft.ControlPlane.Distribute;

/// <summary>Whether a node is who it says: its certificate and the pod's record must agree with the claim.</summary>
internal static class NodeAdmission
{
    private const string DefaultServiceAccount = "default";

    /// <exception cref="Grpc.Core.RpcException">The claim does not hold.</exception>
    public static SubscriberScope Admit(Node? node, SpiffeId proved, ResourceSnapshot resources)
    {
        if (node?.Workload.Split('/') is not [{ Length: > 0 } ns, { Length: > 0 } name])
        {
            throw DiscoveryRefused.Invalid("the first message of a stream must carry node.workload as \"namespace/pod\"");
        }

        // The same words whether the pod is missing or another's: a certificate opens no list of other namespaces' pods.
        if (ns != proved.Namespace)
        {
            throw DiscoveryRefused.Denied($"node.workload {node.Workload} is not of the certificate's namespace {proved.Namespace}");
        }

        Resource pod = resources.Find(new ResourceKey("", "Pod", ns, name))
            ?? throw DiscoveryRefused.NotThere($"pod {node.Workload} is not registered: create it before its proxy connects");
        string account = ServiceAccountOf(pod);
        return account == proved.ServiceAccount
            ? new SubscriberScope(ns, name, account, pod.Labels, node.Gateway)
            : throw DiscoveryRefused.Denied($"pod {node.Workload} runs as service account {account}, the certificate says {proved.ServiceAccount}");
    }

    public static string ServiceAccountOf(Resource pod) =>
        pod.Spec?["serviceAccountName"] is JsonValue value && value.TryGetValue(out string? name) && name.Length > 0 ? name : DefaultServiceAccount;
}
