using Weft.Proxy.Forwarding;
using Weft.Telemetry.Logging;
using Weft.Transport;
using Weft.Transport.Processes;

namespace Weft.Proxy.Overload;

/// <summary>Measures what the proxy takes up and tells its loops how far to shed. Used by one thread, which is no loop's; what it found is read by any.</summary>
public sealed class OverloadGuard
{
    /// <summary>Idle client connections are closed under pressure once they have rested so long.</summary>
    private const long RestMs = 1_000;

    /// <summary>A collection of everything takes some ten milliseconds: not with each look.</summary>
    private const long CollectEveryMs = 2_000;

    private readonly DataPath _path;
    private readonly EventLog _log;
    private readonly Func<ResourceUse> _measure;
    private readonly OverloadLadder _ladder = new();
    private long _collectedMs;
    private volatile OverloadReport _last = new(OverloadStep.None, default, default);

    /// <param name="path">Whose loops are told.</param>
    /// <param name="limits">The system's included.</param>
    /// <param name="log">For each change of the step.</param>
    /// <param name="measure">Null: this process's own use.</param>
    internal OverloadGuard(DataPath path, OverloadLimits limits, EventLog log, Func<ResourceUse>? measure = null)
    {
        _path = path;
        _log = log;
        Limits = limits;
        int others = ProcessLimits.CountDescriptors() - path.Loops.Sum(static l => l.Loop.ConnectionCount);
        _measure = measure ?? (() => Measure(others));
    }

    public OverloadLimits Limits { get; }

    public OverloadReport Last => _last;

    public void Look()
    {
        ResourceUse use = _measure();
        Pressure pressure = Pressure.Measure(use, Limits);
        OverloadStep before = _ladder.Step;
        bool hasMoved = _ladder.Move(pressure.Share);
        _last = new OverloadReport(_ladder.Step, pressure, use);
        if (hasMoved)
        {
            Tell(before, _last);
        }

        if (_ladder.Step >= OverloadStep.Conserve)
        {
            GiveBack(pressure);
        }
    }

    private void Tell(OverloadStep before, OverloadReport now)
    {
        foreach (ProxyLoop loop in _path.Loops)
        {
            loop.Loop.Overload = now.Step;
        }

        _log.Write(now.Step > before ? OverloadLog.Rose : OverloadLog.Fell, now.Describe());
    }

    /// <summary>What can be had without refusing anybody.</summary>
    private void GiveBack(Pressure pressure)
    {
        _path.CloseIdleUpstreams();
        foreach (ProxyLoop loop in _path.Loops)
        {
            loop.Loop.ReleaseFreeMemory();
            if (_ladder.Step >= OverloadStep.CloseConnections)
            {
                loop.Loop.Post(() =>
                {
                    loop.Clients.CloseResting(isInbound: true, RestMs);
                    loop.Clients.CloseResting(isInbound: false, RestMs);
                });
            }
        }

        if (pressure.Of == "memory" && Environment.TickCount64 - _collectedMs >= CollectEveryMs)
        {
            _collectedMs = Environment.TickCount64;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    private ResourceUse Measure(int otherDescriptors)
    {
        int open = 0;
        int clients = 0;
        foreach (ProxyLoop loop in _path.Loops)
        {
            open += loop.Loop.ConnectionCount;
            clients += loop.Clients.Count;
        }

        return new ResourceUse(Limits.MemoryBytes > 0 ? ProcessLimits.ResidentBytes() : 0, open + otherDescriptors, clients);
    }
}

/// <summary>Ids 3300-3319. Never reused.</summary>
internal static class OverloadLog
{
    public static readonly LogEvent Rose = new(3300, LogLevel.Warning, "overload.rose");
    public static readonly LogEvent Fell = new(3301, LogLevel.Info, "overload.fell");
}
