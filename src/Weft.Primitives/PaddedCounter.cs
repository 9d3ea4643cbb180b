using System.Runtime.InteropServices;

namespace Weft.Primitives;

/// <summary>A number that all loops change, alone on its cache lines (128 bytes: adjacent lines are fetched in pairs).</summary>
public sealed class PaddedCounter(long start = 0)
{
    private Padded _padded = new() { Value = start };

    public long Value => Volatile.Read(ref _padded.Value);

    /// <summary>The number after the change.</summary>
    public long Add(long change) => Interlocked.Add(ref _padded.Value, change);

    public bool TrySet(long from, long to) => Interlocked.CompareExchange(ref _padded.Value, to, from) == from;

    /// <summary>One more, unless there are <paramref name="limit"/> already.</summary>
    public bool TryEnter(long limit)
    {
        if (Interlocked.Increment(ref _padded.Value) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _padded.Value);
        return false;
    }

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Padded
    {
        [FieldOffset(128)]
        public long Value;
    }
}
