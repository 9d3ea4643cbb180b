using System.Text.Json.Nodes;
using Weft.ControlPlane.Registry;
using Weft.Resources;

namespace Weft.ControlPlane.Workloads;

/// <summary>What a Deployment's status says of its pods: enough for `kubectl get`, `wait` and `rollout status`. Pure.</summary>
internal static class DeploymentStatus
{
    public static Resource? With(Resource deployment, int replicas, IReadOnlyList<ReplicaPod> pods, DateTimeOffset now)
    {
        Resource next = deployment.Clone();
        if (next.Json["status"] is not JsonObject status)
        {
            next.Json["status"] = status = [];
        }

        int ready = pods.Count(p => p.IsReady);
        int updated = pods.Count(p => p.IsCurrent);
        status["observedGeneration"] = deployment.Generation;
        Count(status, "replicas", pods.Count);
        Count(status, "updatedReplicas", updated);
        Count(status, "readyReplicas", ready);
        Count(status, "availableReplicas", ready);
        Count(status, "unavailableReplicas", Math.Max(0, replicas - ready));
        bool available = ready >= replicas - (replicas / 4);
        bool complete = updated == replicas && pods.Count == replicas && ready >= replicas;
        PodStatus.SetCondition(
            status, "Available", available, available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable", now,
            available ? "Deployment has minimum availability." : $"{ready} of {replicas} replicas are ready.");
        PodStatus.SetCondition(
            status, "Progressing", true, complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated", now,
            complete ? "All replicas are of the current template and ready." : $"{updated} of {replicas} replicas are of the current template.");
        return JsonNode.DeepEquals(next.Json, deployment.Json) ? null : new Resource(next.Json);
    }

    // Kubernetes leaves out counts that are zero.
    private static void Count(JsonObject status, string name, int value)
    {
        if (value == 0)
        {
            status.Remove(name);
        }
        else
        {
            status[name] = value;
        }
    }
}
