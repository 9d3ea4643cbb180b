using Weft.Telemetry.Logging;

namespace Weft.Proxy.Host;

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
    public static readonly LogEvent Left = new(3208, LogLevel.Info, "proxy.left");
    public static readonly LogEvent Cut = new(3209, LogLevel.Warning, "proxy.cut");
    public static readonly LogEvent RestartFailed = new(3210, LogLevel.Warning, "proxy.restart-failed");
    public static readonly LogEvent FileCredential = new(3211, LogLevel.Warning, "credential.file");
}
