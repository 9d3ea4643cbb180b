using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Weft.Resources;

namespace Weft.Stores.Log;

/// <summary>
/// The store: one writer loop takes writes in batches, decides them against its snapshot, makes them durable in the log and
/// only then shows them. Readers take the immutable snapshot; watches read the ring of the newest events.
/// </summary>
internal sealed class LoggedStore : IResourceStore
{
    private const int WatchBatch = 256;

    private readonly IRevisionLog _log;
    private readonly StoreLimits _limits;
    private readonly TimeProvider _time;
    private readonly Channel<Write> _writes;
    private readonly EventRing _ring;
    private readonly Task _writer;
    private volatile ResourceSnapshot _snapshot;
    private long _compactedTo;

    public LoggedStore(IRevisionLog log, StoreLimits limits, TimeProvider time)
    {
        (_log, _limits, _time) = (log, limits, time);
        _writes = Channel.CreateBounded<Write>(new BoundedChannelOptions(limits.WritesQueuedMax) { SingleReader = true });
        LoadedLog loaded = log.Load();
        _compactedTo = loaded.CompactedTo;
        _snapshot = loaded.Events.Aggregate(
            loaded.Base.Aggregate(ResourceSnapshot.Empty, (s, r) => s.With(r, loaded.CompactedTo)).At(loaded.CompactedTo), Apply);
        int skip = Math.Max(0, loaded.Events.Count - limits.WatchEventsKept);
        _ring = new EventRing(limits.WatchEventsKept, skip == 0 ? loaded.CompactedTo : loaded.Events[skip - 1].Revision);
        _ring.Add([.. loaded.Events.Skip(skip)]);
        _writer = Task.Factory.StartNew(WriteLoopAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    public long Revision => _snapshot.Revision;

    public ResourceSnapshot Snapshot() => _snapshot;

    public ValueTask<WriteResult> PutAsync(Resource resource, long? expectedRevision, WriteOrigin origin, CancellationToken ct) =>
        WriteAsync(new Write(resource, resource.Key, expectedRevision, origin), ct);

    public ValueTask<WriteResult> DeleteAsync(ResourceKey key, long? expectedRevision, WriteOrigin origin, CancellationToken ct) =>
        WriteAsync(new Write(null, key, expectedRevision, origin), ct);

    public async IAsyncEnumerable<ResourceEvent> WatchAsync(long fromRevision, [EnumeratorCancellation] CancellationToken ct)
    {
        long seen = fromRevision;
        while (true)
        {
            if (!_ring.TryRead(seen, WatchBatch, out IReadOnlyList<ResourceEvent> events, out Task? more, out long goneTo))
            {
                throw new RevisionGoneException(seen, goneTo);
            }

            foreach (ResourceEvent e in events)
            {
                yield return e;
                seen = e.Revision;
            }

            if (events.Count == 0)
            {
                await more.WaitAsync(ct);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_writes.Writer.TryComplete())
        {
            await _writer;
            _log.Dispose();
        }
    }

    private async ValueTask<WriteResult> WriteAsync(Write write, CancellationToken ct)
    {
        await _writes.Writer.WriteAsync(write, ct);

        // Not cancelled from here on: once queued the write happens, and the caller should hear how it ended.
        return await write.Done.Task;
    }

    private async Task WriteLoopAsync()
    {
        List<Write> batch = [];
        while (await _writes.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < _limits.BatchMax && _writes.Reader.TryRead(out Write? write))
            {
                batch.Add(write);
            }

            try
            {
                WriteBatch(batch);
            }
            catch (Exception e)
            {
                // The supervisor of this loop: a broken log fails the writes that met it, each caller hears why, reads go on.
                batch.ForEach(w => w.Done.TrySetException(e));
            }
        }
    }

    private void WriteBatch(List<Write> batch)
    {
        DateTimeOffset now = _time.GetUtcNow();
        ResourceSnapshot next = _snapshot;
        List<LogRecord> records = [];
        List<WriteResult> results = [];
        foreach (Write write in batch)
        {
            (WriteStatus status, ResourceEvent? e, Resource? current) = write.Resource is { } resource
                ? WriteRules.Put(next, resource, write.Expected, now)
                : WriteRules.Delete(next, write.Key, write.Expected);
            results.Add(new WriteResult(status, current));
            if (e is not null)
            {
                records.Add(new LogRecord(e, write.Origin, now));
                next = Apply(next, e);
            }
        }

        if (records.Count > 0 && _log.Append(records) == AppendStatus.Full)
        {
            // Later writes of the batch were decided on top of earlier ones, so all of them fall.
            batch.ForEach(w => w.Done.TrySetResult(new WriteResult(WriteStatus.StorageFull, _snapshot.Find(w.Key))));
            return;
        }

        _snapshot = next;
        if (records.Count > 0)
        {
            _ring.Add([.. records.Select(r => r.Event)]);
        }

        for (int i = 0; i < batch.Count; i++)
        {
            batch[i].Done.TrySetResult(results[i]);
        }

        CompactWhenDue();
    }

    private void CompactWhenDue()
    {
        if (_snapshot.Revision - _compactedTo > 2L * _limits.AuditRevisionsKept)
        {
            _compactedTo = _snapshot.Revision - _limits.AuditRevisionsKept;
            _log.Compact(_compactedTo);
        }
    }

    private static ResourceSnapshot Apply(ResourceSnapshot snapshot, ResourceEvent e) =>
        e.Kind == ResourceEventKind.Deleted ? snapshot.Without(e.Resource.Key, e.Revision) : snapshot.With(e.Resource, e.Revision);

    private sealed record Write(Resource? Resource, ResourceKey Key, long? Expected, WriteOrigin Origin)
    {
        public TaskCompletionSource<WriteResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
