using Weft.Resources;
using Weft.Stores.Log;

namespace Weft.Stores.Memory;

/// <summary>A store that forgets when its process ends: for tests, and for files checked without a control plane.</summary>
public static class MemoryStore
{
    public static IResourceStore Create(StoreLimits? limits = null, TimeProvider? time = null) =>
        new LoggedStore(new MemoryLog(), limits ?? new StoreLimits(), time ?? TimeProvider.System);

    /// <summary>The snapshot and the ring already hold everything a process needs of itself.</summary>
    private sealed class MemoryLog : IRevisionLog
    {
        public LoadedLog Load() => new(0, [], []);

        public AppendStatus Append(IReadOnlyList<LogRecord> batch) => AppendStatus.Kept;

        public void Compact(long revision)
        {
        }

        public void Dispose()
        {
        }
    }
}
