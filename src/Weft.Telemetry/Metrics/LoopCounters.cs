namespace Weft.Telemetry.Metrics;

/// <summary>What every loop counts besides requests. Each has one row in <see cref="MetricCatalogue"/>.</summary>
public enum LoopCounter
{
    DownstreamAccepted,
    DownstreamClosed,
    UpstreamOpened,
    UpstreamClosed,
    UpstreamReused,
    HandshakesServer,
    HandshakesClient,
    HandshakesResumed,
    HandshakeFailures,
    Retries,
    Mirrors,
    MirrorsDropped,
    Hedges,
    HedgesWon,
    TriesLetGo,
    SlowTurns,
    Shed,
    HealthProbes,
    HealthProbeFailures,
}

/// <summary>One loop's counters: plain increments by that loop, read by whoever scrapes.</summary>
public sealed class LoopCounters
{
    // Two cache lines on each side: counters of two loops must never share one (adjacent-line prefetch pulls pairs).
    private const int PadSlots = 16;

    private static readonly int CounterCount = Enum.GetValues<LoopCounter>().Length;
    private static readonly int FaultCount = Enum.GetValues<Fault>().Length;

    private readonly ulong[] _slots = new ulong[PadSlots + CounterCount + FaultCount + PadSlots];

    public void Count(LoopCounter counter) => _slots[PadSlots + (int)counter]++;

    public void Count(Fault fault) => _slots[PadSlots + CounterCount + (int)fault]++;

    public ulong Read(LoopCounter counter) => Volatile.Read(ref _slots[PadSlots + (int)counter]);

    public ulong Read(Fault fault) => Volatile.Read(ref _slots[PadSlots + CounterCount + (int)fault]);
}
