using Weft.Proxy.Draining;
using Weft.Proxy.Overload;
using Weft.Transport;

namespace Weft.Proxy.Host;

/// <summary>What a proxy is started with. Written by whoever starts it; read once.</summary>
public sealed record Bootstrap
{
    /// <summary>"namespace/pod".</summary>
    public required string Workload { get; init; }

    /// <summary>The host's name, to know which endpoints are on the same one.</summary>
    public string Node { get; init; } = Environment.MachineName;

    public bool IsGateway { get; init; }

    /// <summary>"host:port" of discovery and certificates.</summary>
    public string Control { get; init; } = "";

    /// <summary>The pinned root of the first contact.</summary>
    public string? RootSha256 { get; init; }

    /// <summary>Secret, single use.</summary>
    public string? Token { get; init; }

    public required string StateDir { get; init; }

    public string? AdminSocket { get; init; }

    public string InboundBind { get; init; } = "127.0.0.1";

    public int InboundPort { get; init; }

    public string? InboundUnixSocket { get; init; }

    public string MetricsBind { get; init; } = "127.0.0.1";

    public int MetricsPort { get; init; }

    public string GatewayBind { get; init; } = "127.0.0.1";

    /// <summary>Which local port a gateway's listener port really takes.</summary>
    public IReadOnlyDictionary<int, int> GatewayPorts { get; init; } = new Dictionary<int, int>();

    /// <summary>Channel to the agent inside the pod; -1: the application shares our network namespace.</summary>
    public int PodFd { get; init; } = -1;

    public int SupervisorFd { get; init; } = -1;

    /// <summary>To the process before this one, which hands its listeners over; -1: there is none.</summary>
    public int HandoverFd { get; init; } = -1;

    /// <summary>Where the supervisor passes the socket to the process after this one; -1: none does.</summary>
    public int RestartFd { get; init; } = -1;

    /// <summary>What it may take up; the system's own limits hold besides.</summary>
    public OverloadLimits Limits { get; init; } = new();

    public WatchdogLimits Watchdog { get; init; } = WatchdogLimits.Default;

    public DrainTerms Drain { get; init; } = DrainTerms.Default;

    public int Loops { get; init; } = 1;

    /// <summary>Ports of the host's loopback that the workload may reach.</summary>
    public IReadOnlyList<int> HostPorts { get; init; } = [];

    /// <summary>Ports that must accept before the workload counts as ready.</summary>
    public IReadOnlyList<int> AppPorts { get; init; } = [];

    public string AppAddress { get; init; } = "127.0.0.1";

    /// <summary>Explicit mode: where the application's outbound connections are taken, without redirection.</summary>
    public string? ExplicitOutbound { get; init; }

    /// <summary>Explicit mode: declared port → where the application really listens.</summary>
    public IReadOnlyDictionary<int, int> ExplicitInbound { get; init; } = new Dictionary<int, int>();

    public string Namespace => Workload[..Workload.IndexOf('/', StringComparison.Ordinal)];
}
