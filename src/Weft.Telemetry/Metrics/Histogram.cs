namespace Weft.Telemetry.Metrics;

/// <summary>Counts per bucket and their sum. Written by its loop only; read by whoever merges (64-bit loads do not tear).</summary>
internal sealed class Histogram(int bounds)
{
    private readonly ulong[] _counts = new ulong[bounds + 1];
    private double _sum;

    public double Sum => Volatile.Read(ref _sum);

    public ReadOnlySpan<ulong> Counts => _counts;

    public void Add(ReadOnlySpan<double> bounds, double value)
    {
        int low = 0;
        int high = bounds.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (value <= bounds[middle])
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        _counts[low]++;
        _sum += value;
    }

    public void MergeInto(HistogramTotals totals)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            totals.Counts[i] += Volatile.Read(ref _counts[i]);
        }

        totals.Sum += Sum;
    }
}

/// <summary>One histogram merged over the loops. Made at a scrape, thrown away after it.</summary>
public sealed class HistogramTotals
{
    internal HistogramTotals(int bounds) => Counts = new ulong[bounds + 1];

    /// <summary>Counts per bucket, not cumulative.</summary>
    public ulong[] Counts { get; }

    public double Sum { get; internal set; }
}
