using System.Runtime.InteropServices;

namespace Weft.Policy.Limits;

/// <summary>A number that all loops change, alone on its cache lines (128 bytes: adjacent lines are fetched in pairs).</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedCounter
{
    [FieldOffset(128)]
    private long _value;

    public long Value => Volatile.Read(ref _value);

    public long Add(long change) => Interlocked.Add(ref _value, change);

    public bool TrySet(long from, long to) => Interlocked.CompareExchange(ref _value, to, from) == from;

    /// <summary>One more, unless there are <paramref name="limit"/> already.</summary>
    public bool TryEnter(long limit)
    {
        if (Interlocked.Increment(ref _value) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _value);
        return false;
    }
}
