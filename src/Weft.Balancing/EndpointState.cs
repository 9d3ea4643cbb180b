using System.Runtime.InteropServices;

namespace Weft.Balancing;

/// <summary>
/// What the proxy has learnt about one endpoint. Lives as long as the endpoint's identity stays in its cluster, across all swaps of models;
/// shared by all loops. What loops write with every request stands on one cache line of its own, for there may be ten thousand of these.
/// </summary>
public sealed class EndpointState
{
    private Counters _counters;

    internal EndpointState(TimeSpan firstSeen) => FirstSeen = firstSeen;

    /// <summary>When it joined; warm-up counts from here.</summary>
    public TimeSpan FirstSeen { get; }

    /// <summary>Requests in flight from this proxy.</summary>
    public long Active => Volatile.Read(ref _counters.Active);

    /// <summary>True while outlier detection keeps traffic away.</summary>
    public bool IsEjected => Volatile.Read(ref _counters.Ejected) != 0;

    /// <summary>True while health checks keep traffic away.</summary>
    public bool IsUnhealthy => Volatile.Read(ref _counters.Unhealthy) != 0;

    /// <summary>True while anything keeps traffic away.</summary>
    public bool IsOut => IsEjected || IsUnhealthy;

    /// <summary>What it answered to the last health check; empty: it was not asked yet.</summary>
    public string HealthNote { get; internal set; } = string.Empty;

    /// <summary>How often in a row it was ejected; every ejection is that many times longer.</summary>
    public int EjectionMultiplier { get; internal set; }

    /// <summary>When the present ejection ends, or the last one ended.</summary>
    public TimeSpan EjectedUntil { get; internal set; }

    /// <summary>Its cluster no longer names it. Under the cluster's gate.</summary>
    internal bool HasLeft { get; set; }

    internal void RequestStarted() => Interlocked.Increment(ref _counters.Active);

    internal void RequestEnded() => Interlocked.Decrement(ref _counters.Active);

    internal void SetEjected(bool ejected) => Volatile.Write(ref _counters.Ejected, ejected ? 1 : 0);

    internal void SetUnhealthy(bool unhealthy) => Volatile.Write(ref _counters.Unhealthy, unhealthy ? 1 : 0);

    internal ref int ServerErrors => ref _counters.ServerErrors;

    internal ref int GatewayErrors => ref _counters.GatewayErrors;

    internal ref int LocalErrors => ref _counters.LocalErrors;

    /// <summary>The moving average of response times in ticks, decayed to now.</summary>
    internal double LatencyAt(TimeSpan now, double decayTicks)
    {
        double average = BitConverter.Int64BitsToDouble(Volatile.Read(ref _counters.AverageBits));
        long age = now.Ticks - Volatile.Read(ref _counters.ObservedAt);
        return age <= 0 ? average : average * Math.Exp(-age / decayTicks);
    }

    /// <summary>
    /// A slower response counts at once, faster ones pull the average down gradually ("peak" EWMA), so that a bad endpoint is left within one response.
    /// Two loops that report at the same instant may lose one of the two observations.
    /// </summary>
    internal void Observe(TimeSpan took, TimeSpan now, double decayTicks)
    {
        long seen = Volatile.Read(ref _counters.AverageBits);
        double average = BitConverter.Int64BitsToDouble(seen);
        double next = took.Ticks;
        if (next < average)
        {
            double weight = Math.Exp(-Math.Max(0, now.Ticks - Volatile.Read(ref _counters.ObservedAt)) / decayTicks);
            next = (average * weight) + (next * (1 - weight));
        }

        if (Interlocked.CompareExchange(ref _counters.AverageBits, BitConverter.DoubleToInt64Bits(next), seen) == seen)
        {
            Volatile.Write(ref _counters.ObservedAt, now.Ticks);
        }
    }

    /// <summary>The mean of the latest response times in ticks, each counting a sixteenth; 0 while there was none.</summary>
    internal double Mean => BitConverter.Int64BitsToDouble(Volatile.Read(ref _counters.MeanBits));

    /// <summary>The same, faded to now.</summary>
    internal double MeanAt(TimeSpan now, double fadingTicks) =>
        Mean * Math.Exp(-Math.Max(0, now.Ticks - Volatile.Read(ref _counters.MeanAt)) / fadingTicks);

    /// <summary>One slow answer is no slow endpoint: it takes several. Of two loops that report at the same instant one may be lost.</summary>
    internal void ObserveMean(TimeSpan took, TimeSpan now)
    {
        const double share = 1.0 / 16;
        double mean = Mean;
        mean = mean == 0 ? took.Ticks : mean + ((took.Ticks - mean) * share);
        Volatile.Write(ref _counters.MeanBits, BitConverter.DoubleToInt64Bits(mean));
        Volatile.Write(ref _counters.MeanAt, now.Ticks);
    }

    /// <summary>The estimate to begin with, so that an endpoint without history is neither flooded nor shunned.</summary>
    internal void SeedLatency(TimeSpan estimate, TimeSpan now)
    {
        _counters.AverageBits = BitConverter.DoubleToInt64Bits(estimate.Ticks);
        _counters.ObservedAt = now.Ticks;
    }

    /// <summary>
    /// What every request changes lies together, and within 56 bytes of it nothing of another object: its cache line is its own, wherever this one begins.
    /// Before the first of them stand this object's header and what seldom changes.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 88)]
    private struct Counters
    {
        [FieldOffset(24)]
        public long Active;

        [FieldOffset(32)]
        public int Ejected;

        [FieldOffset(36)]
        public int ServerErrors;

        [FieldOffset(40)]
        public int GatewayErrors;

        [FieldOffset(44)]
        public int LocalErrors;

        [FieldOffset(48)]
        public int Unhealthy;

        [FieldOffset(56)]
        public long AverageBits;

        [FieldOffset(64)]
        public long ObservedAt;

        [FieldOffset(72)]
        public long MeanBits;

        [FieldOffset(80)]
        public long MeanAt;
    }
}
