using System.Net;
using Weft.Identity;
using Weft.Primitives;
using Weft.Proxy.Control;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Observe;
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
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ProxyHost(Bootstrap bootstrap, EventLog log)
    {
        _bootstrap = bootstrap;
        _log = log;
        _data = LoopGroup.Start("loop", bootstrap.Loops);
        Telemetry = new TelemetryHub(bootstrap.Loops, static () => Console.OpenStandardOutput());
        Mesh = new MeshState(Telemetry.Edges);
        PodLink = PodLink.Open(bootstrap, log);
        Path = new DataPath(_data, new ProxyParts(Mesh, Telemetry, new MeshTls(), PodLink.App, new DestinationGuard(bootstrap.HostPorts, allowLoopback: bootstrap.PodFd < 0, ownFiles: new WeftHome().Path)));
        _control = new ControlPlaneLink(this, bootstrap, log);
        _listeners = new HostListeners(this, bootstrap, log);
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

    public ControlPlaneLink Control => _control;

    public HostListeners Listeners => _listeners;

    public SupervisorLink? Supervisor { get; private set; }

    public bool IsReady { get; private set; }

    /// <summary>Runs until a signal, the supervisor's end or <see cref="Exit"/>; the exit code.</summary>
    public int Run()
    {
        Loop.Post(() => Loop.Supervise(StartAsync(), "start"));
        return _exit.Task.GetAwaiter().GetResult();
    }

    /// <summary>Any thread; the first code counts.</summary>
    public void Exit(int code) => _exit.TrySetResult(code);

    /// <summary>Any thread: take leave, then exit.</summary>
    public void Terminate() => Loop.Post(() => Loop.Supervise(TerminateAsync(), "terminate"));

    /// <summary>Control loop: tell the others that we go, wait until they can know it.</summary>
    public async LoopTask DrainAsync()
    {
        if (Path.Parts.Draining.IsInboundDraining)
        {
            return;
        }

        _log.Write(HostLog.Draining, "taking no new work; outbound goes on until the application has ended");
        _control.ReportDraining();
        Path.DrainInbound();
        await Loop.DelayAsync(HostTimes.DeregisterMs);
        Supervisor?.Drained();
    }

    public void Dispose()
    {
        _control.Files.Dispose();
        _data.Dispose();
        _main.Dispose();
        Telemetry.Dispose();
    }

    /// <remarks>(1) supervisor and admin, so that whatever follows can be watched (2) identity and state (3) listeners (4) ready (5) the application</remarks>
    private async LoopTask StartAsync()
    {
        ConnectSupervisor();                                                           // (1)
        _listeners.OpenAdmin();
        _control.Start();                                                              // (2)
        Mesh.WorkloadChanged += OnWorkloadChanged;
        if (Mesh.Workload is { } restored)
        {
            OnWorkloadChanged(restored);
        }

        while (Mesh.Workload is null || _control.Identity.Current is null)
        {
            await Loop.DelayAsync(HostTimes.LookMs);
        }

        _listeners.OpenTraffic();                                                      // (3)
        IsReady = true;
        _log.Write(HostLog.Ready, $"{_bootstrap.Workload} serves; inbound port {_listeners.InboundPort}");
        Supervisor?.Ready(_listeners.InboundPort, _listeners.MetricsPort);             // (4)
        Loop.Supervise(SettleMemoryAsync(), "startup-memory");
        await new AppProbe(Loop, PodLink.App, _bootstrap.AppPorts, port => Mesh.Workload?.FindInbound(port)).WaitAsync();        // (5)
        if (!Path.Parts.Draining.IsInboundDraining)
        {
            _control.ReportReady(_listeners);
            Supervisor?.AppReady();
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
            Commanded = command =>
            {
                if (command == "drain")
                {
                    Loop.Supervise(DrainAsync(), "drain");
                }
            },
        };
        Loop.Supervise(WatchSupervisorAsync(Supervisor), "supervisor");
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
        if (_bootstrap.IsGateway && IsReady)
        {
            Path.Gateway.Apply(workload);
        }
    }

    // What starting, or a burst of work, took would else stay for the life of an idle proxy. Given back each time it comes to rest, and while it rests
    // when its own reports have left as much garbage as is worth a collection: the collector itself would wait for many times that.
    private async LoopTask SettleMemoryAsync()
    {
        await Loop.DelayAsync(HostTimes.AtRestMs);
        StartupMemory.Release();
        ulong released = Activity();
        ulong last = released;
        long allocated = GC.GetTotalAllocatedBytes();
        while (true)
        {
            await Loop.DelayAsync(HostTimes.RestLookMs);
            ulong now = Activity();
            if (now == last && (now != released || GC.GetTotalAllocatedBytes() - allocated > HostTimes.GarbageAtRestMax))
            {
                StartupMemory.Release();
                released = now;
                allocated = GC.GetTotalAllocatedBytes();
            }

            last = now;
        }
    }

    private ulong Activity() =>
        (ulong)_control.Applied + Telemetry.Edges.Snapshot().Aggregate(0UL, static (sum, edge) => sum + edge.Activity);

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

/// <summary>How long the host waits for what it cannot be told of.</summary>
internal static class HostTimes
{
    /// <summary>Until the others' balancers have heard that we go: a debounced push of the control plane and its way.</summary>
    public const long DeregisterMs = 500;

    /// <summary>For the last report to leave: the connection's turn, and the kernel's.</summary>
    public const long LastWordMs = 20;

    /// <summary>Between looks at what another part brings.</summary>
    public const long LookMs = 20;

    /// <summary>After this a proxy has started for good.</summary>
    public const long AtRestMs = 2_000;

    /// <summary>Bytes of garbage that an idle proxy keeps at most.</summary>
    public const long GarbageAtRestMax = 512 << 10;

    /// <summary>Nothing counted and nothing applied for so long is rest.</summary>
    public const long RestLookMs = 10_000;

    /// <summary>How late a route may activate whose clusters did not come.</summary>
    public const long ActivationLookMs = 500;
}

/// <summary>Exit codes of weft-proxy.</summary>
internal static class HostExit
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int BadBootstrap = 4;
}

/// <summary>Ids 3200-3299. Never reused.</summary>
internal static class HostLog
{
    public static readonly LogEvent Ready = new(3200, LogLevel.Info, "proxy.ready");
    public static readonly LogEvent Draining = new(3201, LogLevel.Info, "proxy.draining");
    public static readonly LogEvent Orphaned = new(3202, LogLevel.Info, "proxy.orphaned");
    public static readonly LogEvent Broken = new(3203, LogLevel.Error, "proxy.broken-promise");
    public static readonly LogEvent SlowTurn = new(3204, LogLevel.Debug, "loop.slow-turn");
    public static readonly LogEvent PodRefused = new(3205, LogLevel.Warning, "pod.refused");
    public static readonly LogEvent NotOpened = new(3206, LogLevel.Error, "listener.not-opened");
    public static readonly LogEvent Opened = new(3207, LogLevel.Info, "listener.opened");
    public static readonly LogEvent FileCredential = new(3208, LogLevel.Warning, "credential.file");
}
