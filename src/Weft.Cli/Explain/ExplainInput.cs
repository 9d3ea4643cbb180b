using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.Cli.Explain;

/// <summary>
/// Files hold Deployments where a running mesh holds their Pods. For each controller none of whose pods is there, one pod
/// is imagined under the controller's name, in the mesh as `weft up` would start it.
/// </summary>
internal static class ExplainInput
{
    private static readonly string[] Controllers = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

    public static IReadOnlyList<Resource> WithPods(IReadOnlyList<Resource> resources)
    {
        List<Resource> all = [.. resources];
        ILookup<string, Resource> pods = resources.Where(r => r.Kind == "Pod").ToLookup(p => p.Namespace);
        foreach (Resource controller in resources.Where(r => r.Group == "apps" && Controllers.Contains(r.Kind)))
        {
            JsonObject? template = controller.Spec?["template"] as JsonObject;
            if (template is null || (controller.Spec?["replicas"] is JsonValue v && v.TryGetValue(out long replicas) && replicas == 0))
            {
                continue;
            }
            Resource pod = Pod(controller, template);
            if (!pods[controller.Namespace].Any(p => pod.Labels.Count > 0 && pod.Labels.All(l => p.Labels.TryGetValue(l.Key, out string? value) && value == l.Value)))
            {
                all.Add(pod);
            }
        }
        return all;
    }

    private static Resource Pod(Resource controller, JsonObject template)
    {
        JsonObject metadata = template["metadata"]?.DeepClone() as JsonObject ?? [];
        metadata["name"] = controller.Name;
        metadata["namespace"] = controller.Namespace;
        JsonObject annotations = metadata["annotations"] as JsonObject ?? [];
        bool leftOut = annotations["sidecar.istio.io/inject"]?.ToString() == "false" || (metadata["labels"] as JsonObject)?["sidecar.istio.io/inject"]?.ToString() == "false";
        if (!leftOut)
        {
            annotations["weft.dev/status"] = "imagined";
        }
        metadata["annotations"] = annotations;
        return new Resource(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = metadata,
            ["spec"] = template["spec"]?.DeepClone(),
            // It has no address yet, so its name stands for one.
            ["status"] = new JsonObject { ["phase"] = "Running", ["podIP"] = controller.Name },
        })
        {
            Source = controller.Source,
        };
    }
}
