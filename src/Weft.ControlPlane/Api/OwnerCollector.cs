using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.Resources;

namespace Weft.ControlPlane.Api;

/// <summary>Deletes what a deleted owner leaves behind: background propagation. One loop; it looks again at everything after a restart.</summary>
internal sealed class OwnerCollector(IResourceStore store, ILogger<OwnerCollector> logger) : BackgroundService
{
    private static readonly WriteOrigin Origin = new("system:weft-control", "owner collection");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            long from = store.Revision;
            await CollectAsync(stoppingToken);
            while (!stoppingToken.IsCancellationRequested)
            {
                from = await FollowAsync(from, stoppingToken);
                await CollectAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The control plane stops.
        }
    }

    /// <summary>Ends when the log was compacted under it, with the revision to go on from.</summary>
    private async Task<long> FollowAsync(long from, CancellationToken ct)
    {
        try
        {
            await foreach (ResourceEvent e in store.WatchAsync(from, ct))
            {
                if (e.Kind == ResourceEventKind.Deleted)
                {
                    await DropAsync(store.Snapshot().All.Where(r => Owners(r).Contains(e.Resource.Uid)), ct);
                }
            }
        }
        catch (RevisionGoneException)
        {
            // A deletion may have been missed: the caller looks at everything.
        }

        return store.Revision;
    }

    private ValueTask CollectAsync(CancellationToken ct)
    {
        ResourceSnapshot snapshot = store.Snapshot();
        HashSet<string> alive = [.. snapshot.All.Select(r => r.Uid)];
        return DropAsync(snapshot.All.Where(r => Owners(r).ToArray() is { Length: > 0 } owners && !owners.Any(alive.Contains)), ct);
    }

    private async ValueTask DropAsync(IEnumerable<Resource> orphans, CancellationToken ct)
    {
        foreach (Resource orphan in orphans)
        {
            WriteResult result = await store.DeleteAsync(orphan.Key, orphan.Revision, Origin, ct);
            if (result.Status == WriteStatus.Written)
            {
                ApiLog.OwnedDeleted(logger, orphan.Key.ToString());
            }
        }
    }

    private static IEnumerable<string> Owners(Resource resource) =>
        (resource.Metadata?["ownerReferences"] as JsonArray ?? []).Select(o => (string?)o?["uid"] ?? "");
}
