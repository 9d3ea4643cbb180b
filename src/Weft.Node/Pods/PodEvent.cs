using Weft.Transport.Processes;

namespace Weft.Node.Pods;

public enum PodEventKind
{
    /// <summary>Something a person should read; <see cref="PodEvent.Text"/>.</summary>
    Notice,

    AppStarted,

    AppExited,

    /// <summary>The application's port accepts and control knows it.</summary>
    AppReady,

    ProxyStarted,

    /// <summary>The proxy listens; <see cref="PodEvent.InboundPort"/>.</summary>
    ProxyReady,

    ProxyExited,

    /// <summary>The pod could not be made, or its agent died.</summary>
    Failed,
}

/// <summary>What happens to one pod, as its supervisor sees it.</summary>
public sealed record PodEvent(PodEventKind Kind, string Text = "")
{
    public int Pid { get; init; }

    public int InboundPort { get; init; }

    public int MetricsPort { get; init; }

    public ExitStatus Exit { get; init; }
}
