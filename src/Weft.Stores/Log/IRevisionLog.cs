using Weft.Resources;

namespace Weft.Stores.Log;

/// <summary>One write as the log keeps it: the row of the audit trail and the event of a watch.</summary>
internal sealed record LogRecord(ResourceEvent Event, WriteOrigin Origin, DateTimeOffset At);

internal enum AppendStatus
{
    Kept,

    /// <summary>Nothing of the batch was kept; there is no room.</summary>
    Full,
}

/// <summary>Where revisions are kept. Called by the store's writer loop only, one call at a time.</summary>
internal interface IRevisionLog : IDisposable
{
    /// <summary>All that is kept, oldest first: the live resources older than the log's beginning, then every event since.</summary>
    LoadedLog Load();

    /// <summary>Keeps all records or none; when it returns they survive a crash of the process.</summary>
    AppendStatus Append(IReadOnlyList<LogRecord> batch);

    /// <summary>Forgets superseded writes up to <paramref name="revision"/>; live resources stay.</summary>
    void Compact(long revision);
}

/// <param name="CompactedTo">Events up to here are gone.</param>
/// <param name="Base">Live resources at <paramref name="CompactedTo"/>.</param>
/// <param name="Events">Every event after it, in order.</param>
internal sealed record LoadedLog(long CompactedTo, IReadOnlyList<Resource> Base, IReadOnlyList<ResourceEvent> Events);
