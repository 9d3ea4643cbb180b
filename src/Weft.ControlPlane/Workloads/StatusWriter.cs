using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.Compile;
using Weft.ControlPlane.Distribute;
using Weft.ControlPlane.Observe;
using Weft.Resources;

namespace Weft.ControlPlane.Workloads;

/// <summary>Writes back what the compiler found: Gateway API conditions, Istio validation messages. One loop.</summary>
internal sealed class StatusWriter(IResourceStore store, MeshFeed feed, TimeProvider time, ILogger<StatusWriter> logger) : BackgroundService
{
    /// <summary>
    /// Rounds in a row that may write the same resource while nobody else writes anything: a compiler that never agrees with
    /// itself stops here instead of spinning.
    /// </summary>
    internal const int RepeatsMax = 16;

    private static readonly WriteOrigin Origin = new("system:weft:status", "weft-control");
    private readonly Dictionary<ResourceKey, (long Generation, int Times)> _written = [];
    private readonly HashSet<long> _ownRevisions = [];
    private long _seen;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changed = new ChangeSignal(feed);
        await feed.WhenLoadedAsync(stoppingToken);
        do
        {
            if (feed.Current is TappedView { Mesh: CompiledView view })
            {
                await WriteAsync(view.Mesh, stoppingToken);
            }
        }
        while (await changed.WaitAsync(stoppingToken));
    }

    private async Task WriteAsync(CompiledMesh mesh, CancellationToken ct)
    {
        ForgetAfterOthers(mesh.Snapshot.Revision);
        foreach (ResourceStatus status in mesh.Statuses)
        {
            if (mesh.Snapshot.Find(status.Resource) is not { } resource || resource.Generation != status.Generation || IsSpinning(status))
            {
                continue;
            }

            Resource next = resource.Clone();
            next.Json["status"] = status.Status.DeepClone();
            TransitionTimes.Fill(next.Json["status"], time.GetUtcNow());
            WriteResult result = await store.PutAsync(new Resource(next.Json), resource.Revision, Origin, ct);
            if (result is { Status: WriteStatus.Written, Resource: { } written })
            {
                _ownRevisions.Add(written.Revision);
            }

            WorkloadsLog.StatusWritten(logger, status.Resource.ToString(), result.Status.ToString());
        }
    }

    /// <summary>What others wrote is a reason for another status, however often.</summary>
    private void ForgetAfterOthers(long revision)
    {
        if (_ownRevisions.Count(r => r > _seen && r <= revision) < revision - _seen)
        {
            _written.Clear();
        }

        _seen = Math.Max(_seen, revision);
        _ownRevisions.RemoveWhere(r => r <= _seen);
    }

    private bool IsSpinning(ResourceStatus status)
    {
        (long generation, int times) = _written.GetValueOrDefault(status.Resource);
        times = generation == status.Generation ? times + 1 : 1;
        _written[status.Resource] = (status.Generation, times);
        return times > RepeatsMax;
    }
}
