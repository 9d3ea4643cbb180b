namespace Weft.Proxy.Draining;

/// <summary>How long a proxy that takes leave waits for what is under way; what is left then is closed.</summary>
public sealed record DrainTerms
{
    public static readonly DrainTerms Default = new();

    /// <summary>After SIGTERM, or when the application is about to stop: requests, WebSockets and opaque connections.</summary>
    /// <remarks>Longer keeps a rollout waiting for streams that never end; Kubernetes kills after 30 s.</remarks>
    public TimeSpan Stop { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After a restart: the new process serves already, so the old one can afford to wait for long streams. It costs its memory meanwhile.</summary>
    public TimeSpan Restart { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What either may be.</summary>
    public const int SecondsMax = 3_600;
}
