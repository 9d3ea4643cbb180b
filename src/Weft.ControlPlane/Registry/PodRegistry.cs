using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.ControlPlane.Distribute;
using Weft.Protocol.Discovery.V1;
using Weft.Resources;
using Resource = Weft.Resources.Resource;

namespace Weft.ControlPlane.Registry;

/// <summary>
/// Writes what proxies say of their workloads into the Pods. Streams only leave a note; one loop takes the notes and
/// writes, the newest word of a pod replacing older ones that were not written yet.
/// </summary>
internal sealed class PodRegistry : BackgroundService
{
    /// <summary>How long a stream may be gone before the pod says so: a restarted control plane or proxy is back sooner.</summary>
    internal static readonly TimeSpan SilenceGrace = TimeSpan.FromSeconds(15);

    private const int ConflictRetriesMax = 8;
    private static readonly WriteOrigin Origin = new("system:weft:registry", "weft-control");

    private readonly IResourceStore _store;
    private readonly Subscribers _subscribers;
    private readonly MeshFeed _feed;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Note> _notes = Channel.CreateUnbounded<Note>(new UnboundedChannelOptions { SingleReader = true }); // one per stream event

    public PodRegistry(IResourceStore store, Subscribers subscribers, MeshFeed feed, TimeProvider time, ILogger<PodRegistry> logger)
    {
        _store = store;
        _subscribers = subscribers;
        _feed = feed;
        _time = time;
        _logger = logger;
        subscribers.Changed += OnChanged;
    }

    public override void Dispose()
    {
        _subscribers.Changed -= OnChanged;
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _feed.WhenLoadedAsync(stoppingToken);
        await foreach (Note note in _notes.Reader.ReadAllAsync(stoppingToken))
        {
            await WriteAsync(note, stoppingToken);
        }
    }

    private void OnChanged(Subscriber subscriber, SubscriberChange change)
    {
        switch (change)
        {
            case SubscriberChange.StatusReported when subscriber.Status is { } status:
                _notes.Writer.TryWrite(new Note(subscriber.Scope, status, subscriber.Node.Host));
                break;
            case SubscriberChange.Closed:
                // The timer lives as long as the grace; its callback looks again whether the proxy came back.
                _ = _time.CreateTimer(OnSilence, subscriber.Scope, SilenceGrace, Timeout.InfiniteTimeSpan);
                break;
        }
    }

    private void OnSilence(object? state)
    {
        if (state is SubscriberScope scope && !_subscribers.IsConnected(scope.Workload))
        {
            _notes.Writer.TryWrite(new Note(scope, null, ""));
        }
    }

    private async Task WriteAsync(Note note, CancellationToken ct)
    {
        var key = new ResourceKey("", "Pod", note.Scope.Namespace, note.Scope.Pod);
        for (int attempt = 0; attempt < ConflictRetriesMax; attempt++)
        {
            if (_store.Snapshot().Find(key) is not { } pod)
            {
                return; // deleted meanwhile
            }

            DateTimeOffset now = _time.GetUtcNow();
            Resource? next = note.Report is { } report ? PodStatus.WithReport(pod, report, note.Host, now) : PodStatus.WithoutStream(pod, now);
            if (next is null)
            {
                return;
            }

            WriteResult result = await _store.PutAsync(next, pod.Revision, Origin, ct);
            if (result.Status != WriteStatus.Conflict)
            {
                RegistryLog.Written(_logger, note.Scope.Workload, note.Report is null ? "silent" : note.Report.Draining ? "draining" : note.Report.Ready ? "ready" : "not ready", result.Status);
                return;
            }
        }

        RegistryLog.GaveUp(_logger, note.Scope.Workload, ConflictRetriesMax);
    }

    private sealed record Note(SubscriberScope Scope, WorkloadStatus? Report, string Host);
}
