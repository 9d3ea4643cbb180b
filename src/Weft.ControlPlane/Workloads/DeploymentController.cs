using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.ControlPlane.Distribute;
using Weft.ControlPlane.Registry;
using Weft.Resources;

namespace Weft.ControlPlane.Workloads;

/// <summary>
/// Keeps the pods of Deployments: makes, replaces and deletes them, and writes the Deployments' statuses. One loop that
/// compares the whole snapshot with what should be after every change; it never acts on events, so it cannot miss one.
/// </summary>
internal sealed class DeploymentController(IResourceStore store, MeshFeed feed, IPodCreator creator, TimeProvider time, ILogger<DeploymentController> logger) : BackgroundService
{
    /// <summary>Replicas of one Deployment that are run; more are held at this number and the log says so.</summary>
    internal const int ReplicasMax = 256;

    private static readonly WriteOrigin Origin = new("system:weft:deployments", "weft-control");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changed = new ChangeSignal(feed);
        await feed.WhenLoadedAsync(stoppingToken);
        do
        {
            await ReconcileAsync(store.Snapshot(), stoppingToken);
        }
        while (await changed.WaitAsync(stoppingToken));
    }

    internal async Task ReconcileAsync(ResourceSnapshot snapshot, CancellationToken ct)
    {
        ILookup<string, Resource> owned = snapshot.OfKind("", "Pod").Where(p => PodTemplate.OwnerOf(p).Length > 0).ToLookup(PodTemplate.OwnerOf, StringComparer.Ordinal);
        var living = new HashSet<string>(StringComparer.Ordinal);
        foreach (Resource deployment in snapshot.OfKind("apps", "Deployment"))
        {
            living.Add(deployment.Uid);
            await ReconcileAsync(deployment, [.. owned[deployment.Uid]], snapshot, ct);
        }

        foreach (Resource orphan in owned.Where(o => !living.Contains(o.Key)).SelectMany(o => o))
        {
            await DeleteAsync(orphan.Key, ct);
        }
    }

    private async Task ReconcileAsync(Resource deployment, IReadOnlyList<Resource> pods, ResourceSnapshot snapshot, CancellationToken ct)
    {
        string hash = PodTemplate.HashOf(deployment);
        int replicas = ReplicasOf(deployment);
        ReplicaPod[] seen = [.. pods.Select(p => new ReplicaPod(p.Name, p.Labels.GetValueOrDefault(PodTemplate.HashLabel) == hash, PodStatus.IsTrue(p, "Ready"), p.Created))];
        if (deployment.Spec?["paused"]?.GetValue<bool>() != true)
        {
            bool recreate = deployment.Spec?["strategy"]?["type"]?.GetValue<string>() == "Recreate";
            RolloutPlan plan = RolloutPlan.Make(replicas, recreate, seen, i => PodTemplate.NameOf(deployment, hash, i));
            foreach (string name in plan.Delete)
            {
                await DeleteAsync(new ResourceKey("", "Pod", deployment.Namespace, name), ct);
            }

            foreach (string name in plan.Create.Where(n => snapshot.Find(new ResourceKey("", "Pod", deployment.Namespace, n)) is null))
            {
                if (await creator.CreateAsync(PodTemplate.Make(deployment, name, hash), ct))
                {
                    WorkloadsLog.Created(logger, deployment.Namespace, name, deployment.Name);
                }
            }
        }

        if (DeploymentStatus.With(deployment, replicas, seen, time.GetUtcNow()) is { } next)
        {
            await store.PutAsync(next, deployment.Revision, Origin, ct); // a conflict means a newer version, which comes round again
        }
    }

    private async Task DeleteAsync(ResourceKey pod, CancellationToken ct)
    {
        WriteResult result = await store.DeleteAsync(pod, null, Origin, ct);
        if (result.Status == WriteStatus.Written)
        {
            WorkloadsLog.Deleted(logger, pod.Namespace, pod.Name);
        }
    }

    private int ReplicasOf(Resource deployment)
    {
        int asked = deployment.Spec?["replicas"] is JsonValue value && value.TryGetValue(out int n) ? Math.Max(0, n) : 1;
        if (asked > ReplicasMax)
        {
            WorkloadsLog.TooMany(logger, deployment.Namespace, deployment.Name, asked, ReplicasMax);
        }

        return Math.Min(asked, ReplicasMax);
    }
}
