using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.Compile;
using Weft.ControlPlane.Observe;
using Weft.Resources;

namespace Weft.ControlPlane.Distribute;

/// <summary>
/// Follows the store and publishes a compiled view for each burst of changes. One loop; views are swapped whole. A
/// snapshot that cannot be compiled is logged and skipped: the mesh stays on the view before.
/// </summary>
internal sealed class MeshLoop(IResourceStore store, MeshFeed feed, TapBook taps, CompileOptions options, TimeProvider time, ILogger<MeshLoop> logger) : BackgroundService
{
    /// <summary>How long a change waits for others of the same burst (`kubectl apply -f` of a file with many documents).</summary>
    internal static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(4);

    private readonly Channel<long> _changes =
        Channel.CreateBounded<long>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ResourceSnapshot snapshot = store.Snapshot();
        Publish(snapshot);
        Task watch = WatchAsync(snapshot.Revision, stoppingToken);
        try
        {
            while (await _changes.Reader.WaitToReadAsync(stoppingToken))
            {
                await Task.Delay(Debounce, time, stoppingToken);
                _changes.Reader.TryRead(out _); // the snapshot holds every change; the queue only says that there is one
                snapshot = store.Snapshot();
                if (snapshot.Revision != feed.Current.Resources.Revision)
                {
                    Publish(snapshot);
                }
            }
        }
        catch (OperationCanceledException)
        {
            await watch;
        }
    }

    private async Task WatchAsync(long from, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await foreach (ResourceEvent change in store.WatchAsync(from, ct))
                {
                    from = change.Revision;
                    _changes.Writer.TryWrite(change.Revision);
                }
            }
            catch (RevisionGoneException)
            {
                DistributeLog.ListedAgain(logger);
                from = store.Revision;
                _changes.Writer.TryWrite(from); // wakes the loop, which reads a whole snapshot anyway
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Publish(ResourceSnapshot snapshot)
    {
        long begin = time.GetTimestamp();
        try
        {
            feed.Publish(new TappedView(new CompiledView(MeshCompiler.Compile(snapshot, options)), taps));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // A supervisor's catch: one resource that breaks the compiler must not take discovery from the whole mesh.
            Debug.Fail(error.ToString());
            DistributeLog.CompileFailed(logger, snapshot.Revision, error);
            return;
        }

        DistributeLog.Compiled(logger, snapshot.Revision, time.GetElapsedTime(begin).TotalMilliseconds, "whole");
    }
}
