using Weft.Resources;
using Weft.Stores.Log;

namespace Weft.Stores.Sqlite;

/// <param name="Directory">Made 0700 when it is not there; holds the database and the key of its secrets.</param>
public sealed record SqliteStoreOptions(string Directory)
{
    public StoreLimits Limits { get; init; } = new();

    /// <summary>The database grows to this size and no further; writes beyond are answered "full".</summary>
    public long DatabaseBytesMax { get; init; } = 16L << 30;

    public string DatabasePath => Path.Combine(Directory, "resources.db");

    public string KeyPath => Path.Combine(Directory, "secrets.key");
}

/// <summary>The default store: one SQLite file whose only table is the log of all writes.</summary>
public static class SqliteStore
{
    /// <summary>Opens or creates it. Throws <see cref="StoreUnusableException"/> with the cure when it cannot serve.</summary>
    public static IResourceStore Open(SqliteStoreOptions options, TimeProvider? time = null) =>
        new LoggedStore(SqliteLog.Open(options), options.Limits, time ?? TimeProvider.System);
}

/// <summary>The store's files cannot be used. The message names the file and the cure.</summary>
public sealed class StoreUnusableException(string message, Exception? inner = null) : Exception(message, inner);
