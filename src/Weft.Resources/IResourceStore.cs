namespace Weft.Resources;

/// <summary>
/// Where resources live: one revision counter, one log, one watch. Every implementation passes the same conformance
/// tests. Thread-safe; returned resources are immutable.
/// </summary>
public interface IResourceStore : IAsyncDisposable
{
    /// <summary>The newest revision that reads see.</summary>
    long Revision { get; }

    /// <summary>All live resources at one revision. Cheap: an immutable snapshot, never a copy.</summary>
    ResourceSnapshot Snapshot();

    /// <summary>
    /// Writes one resource, whole. <paramref name="expectedRevision"/>: 0 must not exist yet; a revision must be the
    /// current one; null writes whatever is there. The store sets uid, resourceVersion, generation and creationTimestamp.
    /// </summary>
    ValueTask<WriteResult> PutAsync(Resource resource, long? expectedRevision, WriteOrigin origin, CancellationToken ct);

    ValueTask<WriteResult> DeleteAsync(ResourceKey key, long? expectedRevision, WriteOrigin origin, CancellationToken ct);

    /// <summary>
    /// Every change after <paramref name="fromRevision"/>, in order, without a gap. Throws <see cref="RevisionGoneException"/>
    /// when the log no longer reaches back that far: the reader lists again.
    /// </summary>
    IAsyncEnumerable<ResourceEvent> WatchAsync(long fromRevision, CancellationToken ct);
}

/// <summary>Who wrote and by what, for the audit trail.</summary>
public sealed record WriteOrigin(string User, string Agent);

public enum WriteStatus
{
    Written,
    Unchanged,
    NotFound,
    AlreadyExists,
    Conflict,
    StorageFull,
}

/// <param name="Resource">The resource as stored; on conflict, the one that is there.</param>
public sealed record WriteResult(WriteStatus Status, Resource? Resource);

public enum ResourceEventKind
{
    Added,
    Modified,
    Deleted,
}

/// <param name="Resource">After the change; for a deletion, the last state with the deletion's revision.</param>
/// <param name="Previous">Before the change, when it is still known: what a selector watch needs to say "deleted".</param>
public sealed record ResourceEvent(ResourceEventKind Kind, long Revision, Resource Resource, Resource? Previous);

/// <summary>The log was compacted beyond the revision asked for (Kubernetes: 410 Gone).</summary>
public sealed class RevisionGoneException(long asked, long oldest)
    : Exception($"Revision {asked} is gone, the oldest one kept is {oldest}: list again and watch from there.");
