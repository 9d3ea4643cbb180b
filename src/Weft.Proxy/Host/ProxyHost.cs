using System.Net;
using Weft.Identity;
using Weft.Primitives;
using Weft.Proxy.Control;
using Weft.Proxy.Draining;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Handover;
using Weft.Proxy.Observe;
using Weft.Proxy.Overload;
using Weft.Proxy.State;
using Weft.Proxy.State.Clusters;
using Weft.Proxy.State.Workloads;
using Weft.Protocol.Discovery.V1;
using Weft.Telemetry;
using Weft.Telemetry.Logging;
using Weft.Transport;

namespace Weft.Proxy.Host;

/// <summary>
/// The whole proxy, put together: the parts in the order in which they come to life. One per process; made on the main thread, then everything
/// of it that is not data path lives on its control loop.
/// </summary>
internal sealed class ProxyHost : IDisposable
{
    private readonly Bootstrap _bootstrap;
    private readonly EventLog _log;
    private readonly LoopGroup _main = LoopGroup.Start("control", 1);
    private readonly LoopGroup _data;
    private readonly HostListeners _listeners;
    private readonly ControlPlaneLink _control;
    private readonly HandoverTaker? _before;
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="bootstrap">What it is started with.</param>
    /// <param name="self">How it may start itself again; null where a supervisor does.</param>
    /// <param name="log">The process's own.</param>
    /// <exception cref="IOException">The pod's agent or the process before this one does not answer.</exception>
    public ProxyHost(Bootstrap bootstrap, SelfRestart? self, EventLog log)
    {
        _bootstrap = bootstrap;
        _log = log;
        OverloadLimits limits = bootstrap.Limits.WithSystems();
        _data = LoopGroup.Start("loop", bootstrap.Loops, new LoopLimits { BlockBytesMax = limits.BlockBytesOf(bootstrap.Loops) });
        Telemetry = new TelemetryHub(bootstrap.Loops, static () => Console.OpenStandardOutput());
        Mesh = new MeshState(Telemetry.Edges);
        PodLink = PodLink.Open(bootstrap, log);
        Path = new DataPath(_data, new ProxyParts(Mesh, Telemetry, new MeshTls(), PodLink.App, new DestinationGuard(bootstrap.HostPorts, allowLoopback: bootstrap.PodFd < 0, ownFiles: new WeftHome().Path)));
        _before = bootstrap.HandoverFd < 0 ? null : HandoverTaker.Take(bootstrap.HandoverFd, Path.Listeners);
        Restart = new HostRestart(this, bootstrap.RestartFd, self, log);
        _control = new ControlPlaneLink(this, bootstrap, log);
        _listeners = new HostListeners(this, bootstrap, log);
        Guard = new ProxyGuard(new LoopWatchdog(_data.Loops.Append(Loop), bootstrap.Watchdog), new OverloadGuard(Path, limits, log), log);
        foreach (EventLoop loop in _data.Loops.Append(Loop))
        {
            loop.Failed = (where, error) => log.Write(HostLog.Broken, $"{loop.Name}, {where}: {error}");
        }

        foreach (ProxyLoop loop in Path.Loops)
        {
            loop.Loop.SlowTurn = slow =>
            {
                loop.Telemetry.Counters.Count(Weft.Telemetry.Metrics.LoopCounter.SlowTurns);
                log.Write(HostLog.SlowTurn, $"{slow.Loop}: {slow.Took.TotalMilliseconds:0} ms in {slow.Last}");
            };
        }
    }

    public EventLoop Loop => _main.Loops[0];

    public LoopGroup Main => _main;

    public LoopGroup Data => _data;

    public TelemetryHub Telemetry { get; }

    public MeshState Mesh { get; }

    public DataPath Path { get; }

    public PodLink PodLink { get; }

    public ProxyGuard Guard { get; }

    public ControlPlaneLink Control => _control;

    public HostListeners Listeners => _listeners;

    public SupervisorLink? Supervisor { get; private set; }

    public HostRestart Restart { get; }

    public bool IsReady { get; private set; }

    /// <summary>The application's ports accept, and the control plane was told so.</summary>
    public bool IsAppReady { get; private set; }

    /// <summary>Another process of this proxy serves; this one finishes what it has.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>Runs until a signal, the supervisor's end or <see cref="Exit"/>; the exit code.</summary>
    public int Run()
    {
        Guard.Start();
        Loop.Post(() => Loop.Supervise(StartAsync(), "start"));
        return _exit.Task.GetAwaiter().GetResult();
    }

    /// <summary>Any thread; the first code counts.</summary>
    public void Exit(int code) => _exit.TrySetResult(code);

    /// <summary>Any thread: another process of this proxy in its place, if that can be.</summary>
    public void Replace() => Loop.Post(() =>
    {
        if (Restart.TryBegin(static _ => { }) is { } refusal)
        {
            _log.Write(HostLog.RestartFailed, $"{refusal}; this process serves on");
        }
    });

    /// <summary>Any thread: take leave, then exit.</summary>
    public void Terminate() => Loop.Post(() => Loop.Supervise(TerminateAsync(), "terminate"));

    /// <summary>Control loop: tell the others that we go, wait until they can know it and have what they asked for.</summary>
    public async LoopTask DrainAsync()
    {
        if (Path.Parts.Draining.IsInboundDraining)
        {
            return;
        }

        _log.Write(HostLog.Draining, "taking no new work; outbound goes on until the application has ended");
        _control.ReportDraining();
        Path.BeginDrain(DrainScope.Inbound);
        await Loop.DelayAsync(HostTimes.DeregisterMs);
        await LeaveClientsAsync(DrainScope.Inbound, _bootstrap.Drain.Stop);
        Supervisor?.Drained();
    }

    /// <summary>Control loop: another process serves from now on. Accept nothing more, let everybody finish, exit.</summary>
    public async LoopTask LeaveAsync()
    {
        HasLeft = true;
        _log.Write(HostLog.Left, $"another process serves {_bootstrap.Workload}; this one finishes what it has, at most {_bootstrap.Drain.Restart.TotalSeconds:0} s");
        Path.Listeners.StopAll();
        _control.Retire();
        await LeaveClientsAsync(DrainScope.All, _bootstrap.Drain.Restart);
        await ExitToldAsync();
    }

    public void Dispose()
    {
        Guard.Dispose();
        _control.Files.Dispose();
        _data.Dispose();
        _main.Dispose();
        Telemetry.Dispose();
    }

    /// <remarks>
    /// (1) supervisor and admin, so that whatever follows can be watched (2) identity and state; with a process before us its stream to the control
    /// plane stays the only one as long as what was saved is enough (3) that process lets us (4) listeners (5) ready (6) the application
    /// </remarks>
    private async LoopTask StartAsync()
    {
        ConnectSupervisor();                                                           // (1)
        if (_before is null)
        {
            _listeners.OpenAdmin();
        }

        _control.Restore();                                                            // (2)
        bool isRestored = Mesh.Workload is not null;
        if (_before is null || Mesh.Workload is null || _control.Identity.Current is null)
        {
            _control.Connect();
        }

        Mesh.WorkloadChanged += OnWorkloadChanged;
        if (Mesh.Workload is { } restored)
        {
            OnWorkloadChanged(restored);
        }

        // Without names every request would be refused as one for nobody; of a large mesh they come later than the rest.
        while (Mesh.Workload is null || _control.Identity.Current is null || !(isRestored || Mesh.KnowsFrontends))
        {
            await Loop.DelayAsync(HostTimes.LookMs);
        }

        if (_before is not null && !await TakeOverAsync(_before))                      // (3)
        {
            return;
        }

        _listeners.OpenTraffic();                                                      // (4)
        IsReady = true;
        _log.Write(HostLog.Ready, $"{_bootstrap.Workload} serves; inbound port {_listeners.InboundPort}");
        Supervisor?.Ready(_listeners.InboundPort, _listeners.MetricsPort);             // (5)
        Loop.Supervise(new MemoryAtRest(Loop, Path, Activity, _control.TrimExcess).KeepAsync(), "memory-at-rest");
        if (_before is { WasAppReady: true })
        {
            SayAppReady(); // before the stream opens: the endpoint never goes
        }

        _control.Connect();
        if (!IsAppReady)
        {
            await new AppProbe(Loop, PodLink.App, _bootstrap.AppPorts, port => Mesh.Workload?.FindInbound(port)).WaitAsync();    // (6)
            SayAppReady();
        }
    }

    private async LoopTask<bool> TakeOverAsync(HandoverTaker before)
    {
        if (await before.ClaimAsync(Loop) is { } refusal)
        {
            _log.Write(HostLog.RestartFailed, $"{refusal}; the process before this one serves on");
            Exit(HostExit.Failed);
            return false;
        }

        _listeners.OpenAdmin();
        return true;
    }

    private void SayAppReady()
    {
        if (!Path.Parts.Draining.IsInboundDraining)
        {
            IsAppReady = true;
            _control.ReportReady(_listeners);
            Supervisor?.AppReady();
        }
    }

    private async LoopTask LeaveClientsAsync(DrainScope scope, TimeSpan most)
    {
        if (!await Leave.TakeAsync(Loop, Path, scope, most))
        {
            _log.Write(HostLog.Cut, $"{Path.Loops.Sum(l => l.Clients.Last.Open)} connections have something under way after {most.TotalSeconds:0} s; they are closed with this process");
        }
    }

    private void ConnectSupervisor()
    {
        if (_bootstrap.SupervisorFd < 0)
        {
            return;
        }

        Sockets.Adopt(_bootstrap.SupervisorFd);
        if (!LoopConnection.TryOpen(Loop, _bootstrap.SupervisorFd, out LoopConnection? connection))
        {
            Exit(HostExit.Failed);
            return;
        }

        Supervisor = new SupervisorLink(connection)
        {
            Commanded = OnCommand,
        };
        Loop.Supervise(WatchSupervisorAsync(Supervisor), "supervisor");
    }

    private void OnCommand(string command, string text)
    {
        switch (command)
        {
            case "drain":
                Loop.Supervise(DrainAsync(), "drain");
                break;
            case "handover":
                Restart.Give();
                break;
            case "restart-failed":
                Restart.Fail(text);
                break;
        }
    }

    private async LoopTask WatchSupervisorAsync(SupervisorLink supervisor)
    {
        await supervisor.RunAsync();
        _log.Write(HostLog.Orphaned, "the supervisor is gone, so this proxy ends");
        await ExitToldAsync();
    }

    private void OnWorkloadChanged(WorkloadModel workload)
    {
        Telemetry.Apply(Telemetry.Settings with
        {
            AccessLog = workload.HasAccessLog, Spans = workload.OtlpEndpoint.Length > 0, SamplingPercent = workload.SamplingPercent,
        });
        _control.Spans.Configure(workload.OtlpEndpoint, workload.Self.Service, workload.SpanTags);
        if (_bootstrap.IsGateway && IsReady && !HasLeft)
        {
            Path.Gateway.Apply(workload);
        }
    }

    // Connections that nobody uses are closed long after the last request: what they held is given back then.
    private ulong Activity() => (ulong)_control.Applied + Telemetry.Edges.Activity + (ulong)_data.Loops.Sum(static l => l.ConnectionCount);

    private async LoopTask TerminateAsync()
    {
        await DrainAsync();
        await ExitToldAsync();
    }

    /// <summary>Requests that ended within the last period would be in nobody's sums.</summary>
    private async LoopTask ExitToldAsync()
    {
        _control.ReportLast();
        await Loop.DelayAsync(HostTimes.LastWordMs);
        Exit(HostExit.Done);
    }
}
