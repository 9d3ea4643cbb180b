namespace Weft.Stores.Log;

/// <summary>What a store holds on to.</summary>
public sealed record StoreLimits
{
    /// <summary>Events a watch can start from. An older start is answered "gone" and the reader lists again. Costs one reference each.</summary>
    public int WatchEventsKept { get; init; } = 16_384;

    /// <summary>Superseded revisions kept on disk as audit trail; twice as many trigger compaction.</summary>
    public int AuditRevisionsKept { get; init; } = 100_000;

    /// <summary>Writes waiting for the writer; the next writer waits.</summary>
    public int WritesQueuedMax { get; init; } = 1_024;

    /// <summary>Writes made durable together.</summary>
    public int BatchMax { get; init; } = 128;
}
