using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.Compile;
using Weft.ControlPlane.Keys;
using Weft.ControlPlane.Observe;
using Weft.Resources;

namespace Weft.ControlPlane.Distribute;

/// <summary>
/// Follows the store and the fetched keys, and publishes a compiled view for each burst of changes. One loop; views are swapped whole. A
/// snapshot that cannot be compiled is logged and skipped: the mesh stays on the view before.
/// </summary>
internal sealed class MeshLoop(MeshInputs inputs, MeshFeed feed, TapBook taps, TimeProvider time, ILogger<MeshLoop> logger) : BackgroundService
{
    /// <summary>How long a change waits for others of the same burst (`kubectl apply -f` of a file with many documents).</summary>
    internal static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(4);

    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private CompiledView? _view;
    private int _configurationChanged;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ResourceSnapshot snapshot = inputs.Store.Snapshot();
        inputs.Keys.Restore(JwksLoop.Sources(snapshot));
        inputs.Keys.Changed += () => Note(configurationChanged: true);
        Publish(snapshot, whole: true);
        Task watch = WatchAsync(snapshot.Revision, stoppingToken);
        try
        {
            while (await _changes.Reader.WaitToReadAsync(stoppingToken))
            {
                await Task.Delay(Debounce, time, stoppingToken);

                // Taken before the snapshot: a change in between is in the snapshot and queues another round besides.
                _changes.Reader.TryRead(out _);
                bool whole = Interlocked.Exchange(ref _configurationChanged, 0) == 1;
                snapshot = inputs.Store.Snapshot();
                if (whole || snapshot.Revision != _view?.Resources.Revision)
                {
                    Publish(snapshot, whole);
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
                await foreach (ResourceEvent change in inputs.Store.WatchAsync(from, ct))
                {
                    from = change.Revision;
                    Note(!ChangeKind.TouchesEndpointsOnly(change));
                }
            }
            catch (RevisionGoneException)
            {
                DistributeLog.ListedAgain(logger);
                from = inputs.Store.Revision;
                Note(configurationChanged: true);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Note(bool configurationChanged)
    {
        if (configurationChanged)
        {
            Interlocked.Exchange(ref _configurationChanged, 1);
        }

        _changes.Writer.TryWrite(true);
    }

    private void Publish(ResourceSnapshot snapshot, bool whole)
    {
        long begin = time.GetTimestamp();
        try
        {
            CompiledMesh mesh = inputs.Compile(snapshot);
            _view = whole || _view is null ? new CompiledView(mesh, mesh, logger) : _view.WithEndpoints(mesh);
            feed.Publish(new TappedView(_view, taps));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // A supervisor's catch: one resource that breaks the compiler must not take discovery from the whole mesh.
            DistributeLog.CompileFailed(logger, snapshot.Revision, error);
            return;
        }

        DistributeLog.Compiled(logger, snapshot.Revision, time.GetElapsedTime(begin).TotalMilliseconds, whole ? "whole" : "endpoints only");
    }
}
