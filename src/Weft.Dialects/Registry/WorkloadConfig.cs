namespace Weft.Dialects.Registry;

/// <summary>Something that serves: a Pod, a WorkloadEntry, an address in a slice or a ServiceEntry. Immutable.</summary>
public sealed record WorkloadConfig
{
    /// <summary>"namespace/name"; empty when only the address is known.</summary>
    public string Name { get; init; } = "";

    public string Namespace { get; init; } = "";

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public string ServiceAccount { get; init; } = "";

    /// <summary>IP address or DNS name where its ports are; "unix:/path" for a socket.</summary>
    public string Address { get; init; } = "";

    /// <summary>Port names to numbers: container ports of a pod, `ports` of an entry.</summary>
    public IReadOnlyDictionary<string, uint> Ports { get; init; } = new Dictionary<string, uint>();

    /// <summary>True for entries, whose port names are those of the service; a pod's are those of its containers.</summary>
    public bool PortsByServiceName { get; init; }

    public bool Ready { get; init; } = true;

    public bool Draining { get; init; }

    public string Locality { get; init; } = "";

    public uint Weight { get; init; } = 1;

    /// <summary>It has a proxy that takes mesh mutual TLS.</summary>
    public bool InMesh { get; init; }

    /// <summary>ALPN of its proxy; empty when it has none.</summary>
    public string PeerProtocol { get; init; } = "";

    /// <summary>Where its proxy listens for peers, when that is not its own address and port.</summary>
    public string InboundAddress { get; init; } = "";

    public uint InboundPort { get; init; }

    public string InboundSocket { get; init; } = "";

    public string Host { get; init; } = "";
}
