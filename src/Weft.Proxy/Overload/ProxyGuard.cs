using System.Diagnostics;
using Weft.Telemetry.Logging;
using Weft.Transport;
using Weft.Transport.Processes;

namespace Weft.Proxy.Overload;

/// <summary>The one thread that looks at the proxy from outside its loops: whether they get on, and what they take up. One per process.</summary>
public sealed class ProxyGuard : IDisposable
{
    /// <summary>The code with which a process ends whose loop is stuck (EX_SOFTWARE of sysexits.h).</summary>
    public const int StuckExitCode = 70;

    private const int StackBytes = 256 << 10;

    // Far from every limit nothing happens within half a second that the loops' own bounds do not catch.
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan UnderPressure = TimeSpan.FromMilliseconds(100);
    private const double PressureToHurry = 0.5;

    private readonly LoopWatchdog _watchdog;
    private readonly OverloadGuard _overload;
    private readonly EventLog _log;
    private readonly ManualResetEventSlim _ended = new();
    private long _stalls;

    /// <param name="watchdog">Over all loops of the process.</param>
    /// <param name="overload">Over those of the data path.</param>
    /// <param name="log">The process's own.</param>
    public ProxyGuard(LoopWatchdog watchdog, OverloadGuard overload, EventLog log)
    {
        _watchdog = watchdog;
        _overload = overload;
        _log = log;
        watchdog.Warned = OnWarned;
        watchdog.Recovered = stall => log.Write(GuardLog.Recovered, $"{stall.Loop} goes on after {stall.For.TotalSeconds:0.0} s");
        watchdog.GivenUp = OnGivenUp;
    }

    public OverloadReport Overload => _overload.Last;

    public OverloadLimits Limits => _overload.Limits;

    /// <summary>Turns that were warned of.</summary>
    public long Stalls => Volatile.Read(ref _stalls);

    public void Start() => new Thread(Run, StackBytes) { Name = "guard", IsBackground = true }.Start();

    public void Dispose() => _ended.Set();

    private void Run()
    {
        long before = Stopwatch.GetTimestamp();
        while (!_ended.Wait(_overload.Last.Pressure.Share >= PressureToHurry ? UnderPressure : Usual))
        {
            long now = Stopwatch.GetTimestamp();
            _watchdog.Look(Stopwatch.GetElapsedTime(before, now));
            _overload.Look();
            before = now;
        }
    }

    private void OnWarned(LoopStall stall)
    {
        Interlocked.Increment(ref _stalls);
        _log.Write(GuardLog.Stalled, $"{stall.Loop} has not ended its turn {stall.Turn} for {stall.For.TotalSeconds:0.0} s; it resumed last {stall.Last}; {stall.Connections} connections wait");
    }

    // The supervisor starts another process, and the pod's agent gives it the same listeners: what waits in their queues is served.
    private void OnGivenUp(LoopStall stall)
    {
        OverloadReport load = _overload.Last;
        _log.Write(
            GuardLog.GivenUp,
            $"{stall.Loop} is stuck: no end of turn {stall.Turn} for {stall.For.TotalSeconds:0.0} s, in or after {stall.Last}; {stall.Connections} connections are lost; "
            + $"overload step {(int)load.Step}, {load.Use.MemoryBytes >> 20} MiB, {load.Use.Descriptors} descriptors; the process ends with code {StuckExitCode}");
        ProcessEnd.Now(StuckExitCode);
    }
}

/// <summary>Ids 3320-3339. Never reused.</summary>
internal static class GuardLog
{
    public static readonly LogEvent Stalled = new(3320, LogLevel.Warning, "loop.stalled");
    public static readonly LogEvent Recovered = new(3321, LogLevel.Info, "loop.recovered");
    public static readonly LogEvent GivenUp = new(3322, LogLevel.Critical, "loop.stuck");
}
