using System.Text.Json.Nodes;

namespace Weft.Node.Pods;

/// <summary>How a pod's application is put into the mesh.</summary>
public enum PodMode
{
    /// <summary>Namespaces of its own; nothing of the application is changed.</summary>
    Transparent,

    /// <summary>In the host's namespace, with HTTP_PROXY set and its port moved; for where namespaces are refused.</summary>
    Explicit,
}

/// <summary>A port of the application. <paramref name="Name"/> tells the protocol as Kubernetes port names do.</summary>
public sealed record PodPort(int Number, string Name = "");

/// <param name="Outbound">The proxy that the application is told of by HTTP_PROXY.</param>
/// <param name="Inbound">Declared port to where the application listens.</param>
public sealed record ExplicitPorts(int Outbound, IReadOnlyDictionary<int, int> Inbound);

/// <summary>All that is needed to run one pod on this machine.</summary>
public sealed record PodPlan
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required string ServiceAccount { get; init; }

    /// <summary>The Pod resource's uid; tokens are bound to it.</summary>
    public required string Uid { get; init; }

    /// <summary>status.podIP.</summary>
    public required string Address { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    public string? WorkingDirectory { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IReadOnlyList<PodPort> Ports { get; init; } = [];

    /// <summary>Ports of the host that the application may reach (127.0.0.1 and the host's own addresses).</summary>
    public IReadOnlyList<int> HostPorts { get; init; } = [];

    public PodMode Mode { get; init; }

    /// <summary>With <see cref="PodMode.Explicit"/>: where its proxy listens and its ports have moved. Drawn by the runner.</summary>
    public ExplicitPorts? Explicit { get; init; }

    /// <summary>The application shares this process's terminal (<c>weft run</c>); otherwise its output goes to <see cref="Output"/>.</summary>
    public bool Interactive { get; init; }

    /// <summary>A file that application and proxy append their output to; null: this process's own output.</summary>
    public string? Output { get; init; }

    /// <summary>The proxy's, where it differs: beside an interactive application its lines would only disturb.</summary>
    public string? ProxyOutput { get; init; }

    /// <summary>How peers on other hosts reach it; loopback while all pods are on one host.</summary>
    public string InboundBind { get; init; } = "127.0.0.1";

    /// <summary>Peers on this host reach it by a unix socket in its directory: a send costs a quarter of loopback TCP's.</summary>
    public bool PeerSocket { get; init; }

    public string Workload => $"{Namespace}/{Name}";

    public static JsonArray Numbers(IEnumerable<int> numbers) => [.. numbers.Select(n => JsonValue.Create(n))];
}
