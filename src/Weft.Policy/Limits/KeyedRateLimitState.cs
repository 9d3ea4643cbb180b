using System.Collections.Concurrent;
using Weft.Policy.Matching;

namespace Weft.Policy.Limits;

/// <summary>
/// A bucket for each key. Buckets that are full again are forgotten when there are too many keys; when that does not help, new keys share one
/// bucket, so that a flood of keys gets no more than one of them would. Shared by all loops; a key that is known allocates nothing.
/// </summary>
public sealed class KeyedRateLimitState
{
    /// <summary>Keys that are told apart at once: about 200 bytes each.</summary>
    public const int KeysMax = 10_000;

    /// <summary>Longer keys are cut.</summary>
    public const int KeyLengthMax = 128;

    private static readonly long SweepTicks = TimeSpan.FromSeconds(1).Ticks;

    private readonly ConcurrentDictionary<byte[], RateLimitState> _buckets = new(ByteKeyComparer.Instance);
    private readonly ConcurrentDictionary<byte[], RateLimitState>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly RateLimitState _others;
    private readonly int _keysMax;
    private long _sweepAt = long.MinValue;
    private int _count;

    public KeyedRateLimitState(RateLimitModel model, int keysMax = KeysMax)
    {
        Model = model;
        _keysMax = keysMax;
        _others = new RateLimitState(model);
        _lookup = _buckets.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public RateLimitModel Model { get; }

    public int Count => Volatile.Read(ref _count);

    public bool TryTake(ReadOnlySpan<byte> key, TimeSpan now, out TimeSpan retryAfter)
    {
        ReadOnlySpan<byte> known = key[..Math.Min(key.Length, KeyLengthMax)];
        return (_lookup.TryGetValue(known, out var bucket) ? bucket : Add(known, now)).TryTake(now, out retryAfter);
    }

    private RateLimitState Add(ReadOnlySpan<byte> key, TimeSpan now)
    {
        if (Count >= _keysMax)
        {
            Sweep(now);
        }

        if (Count >= _keysMax)
        {
            return _others;
        }

        var added = new RateLimitState(Model);
        if (!_buckets.TryAdd(key.ToArray(), added))
        {
            return _lookup.TryGetValue(key, out var other) ? other : added;
        }

        Interlocked.Increment(ref _count);
        return added;
    }

    /// <summary>At most once a second: a flood of keys must not make every request walk all of them.</summary>
    private void Sweep(TimeSpan now)
    {
        long due = Volatile.Read(ref _sweepAt);
        if (now.Ticks < due || Interlocked.CompareExchange(ref _sweepAt, now.Ticks + SweepTicks, due) != due)
        {
            return;
        }

        foreach (var (key, bucket) in _buckets)
        {
            if (bucket.IsFull(now) && _buckets.TryRemove(key, out _))
            {
                Interlocked.Decrement(ref _count);
            }
        }
    }
}
