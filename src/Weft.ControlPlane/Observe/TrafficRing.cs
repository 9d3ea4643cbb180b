namespace Weft.ControlPlane.Observe;

/// <summary>The newest stretches of time of one edge, each of the same length. Quiet stretches hold nothing. Under the book's gate.</summary>
internal sealed class TrafficRing(int buckets, int secondsPerBucket)
{
    private readonly TrafficCounts?[] _counts = new TrafficCounts?[buckets];
    private readonly long[] _slots = new long[buckets];

    /// <summary>The whole length of the ring, in seconds.</summary>
    public int Seconds => buckets * secondsPerBucket;

    public void Add(long unixSeconds, TrafficCounts counts)
    {
        long slot = unixSeconds / secondsPerBucket;
        int at = (int)(slot % buckets);
        if (_slots[at] != slot || _counts[at] is null)
        {
            _slots[at] = slot;
            _counts[at] = new TrafficCounts();
        }

        _counts[at]!.Add(counts);
    }

    /// <summary>What happened in the <paramref name="seconds"/> that ended with the last whole bucket before now.</summary>
    public TrafficCounts Sum(long nowUnixSeconds, int seconds)
    {
        var sum = new TrafficCounts();
        long last = nowUnixSeconds / secondsPerBucket;
        long count = Math.Min(buckets - 1, Math.Max(1, seconds / secondsPerBucket));
        for (long slot = last - count; slot < last; slot++)
        {
            int at = (int)(slot % buckets);
            if (_slots[at] == slot && _counts[at] is { } counts)
            {
                sum.Add(counts);
            }
        }

        return sum;
    }

    /// <summary>Requests of each bucket, oldest first: a sparkline.</summary>
    public IEnumerable<ulong> Requests(long nowUnixSeconds, int count)
    {
        long last = nowUnixSeconds / secondsPerBucket;
        for (long slot = last - Math.Min(count, buckets - 1); slot < last; slot++)
        {
            int at = (int)(slot % buckets);
            yield return _slots[at] == slot ? _counts[at]?.Requests ?? 0 : 0;
        }
    }
}
