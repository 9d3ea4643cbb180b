namespace Weft.Telemetry.Metrics;

/// <summary>Upper bounds of the latency buckets, in milliseconds: those of Istio's dashboards and finer ones where a mesh lives.</summary>
/// <remarks>
/// <c>EdgeSample.latency_buckets</c> of telemetry.proto counts in these buckets, one more for what is above the last. Changing
/// them changes what an older control plane shows, so bounds are only ever added together with a new field there.
/// </remarks>
public static class LatencyBounds
{
    public static ReadOnlySpan<double> Milliseconds =>
    [
        0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 25, 50, 75, 100, 150, 250, 500, 750,
        1_000, 1_500, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
    ];

    /// <summary>Number of buckets, the one above the last bound included.</summary>
    public static int BucketCount => Milliseconds.Length + 1;

    /// <summary>The value below which <paramref name="quantile"/> (0…1) of the counted requests lie, straight line inside a bucket.</summary>
    public static double Quantile(ReadOnlySpan<ulong> buckets, double quantile)
    {
        ulong total = 0;
        foreach (ulong count in buckets)
        {
            total += count;
        }

        if (total == 0)
        {
            return 0;
        }

        double rank = quantile * total;
        double below = 0;
        for (int i = 0; i < buckets.Length; i++)
        {
            if (buckets[i] > 0 && below + buckets[i] >= rank)
            {
                double low = i == 0 ? 0 : Milliseconds[i - 1];
                double high = i < Milliseconds.Length ? Milliseconds[i] : Milliseconds[^1];
                return low + ((high - low) * Math.Clamp((rank - below) / buckets[i], 0, 1));
            }

            below += buckets[i];
        }

        return Milliseconds[^1];
    }
}

/// <summary>Upper bounds of the size buckets, in bytes.</summary>
public static class SizeBounds
{
    public static ReadOnlySpan<double> Bytes =>
        [0, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_000_000, 10_000_000, 100_000_000];
}
