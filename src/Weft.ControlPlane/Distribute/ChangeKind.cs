using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.ControlPlane.Distribute;

/// <summary>Whether a change can touch anything but endpoints. Pure.</summary>
internal static class ChangeKind
{
    /// <summary>
    /// A pod's status and annotations move with every proxy that comes and goes; what is compiled beside endpoints reads
    /// only its labels and its spec. A Deployment is read by nobody but its controller.
    /// </summary>
    public static bool TouchesEndpointsOnly(ResourceEvent change) => change switch
    {
        { Resource: { Group: "apps", Kind: "Deployment" } } => true,
        { Kind: ResourceEventKind.Modified, Resource: { Group: "", Kind: "Pod" } now, Previous: { } before } =>
            JsonNode.DeepEquals(now.Spec, before.Spec)
            && JsonNode.DeepEquals(now.Metadata?["labels"], before.Metadata?["labels"])
            && now.Status?["podIP"]?.ToString() == before.Status?["podIP"]?.ToString(),
        _ => false,
    };
}
