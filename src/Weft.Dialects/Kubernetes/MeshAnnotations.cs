namespace Weft.Dialects.Kubernetes;

/// <summary>What the control plane writes into a Pod about its proxy.</summary>
public static class MeshAnnotations
{
    /// <summary>"127.0.0.1:41234": where its proxy listens for peers.</summary>
    public const string InboundAddress = "weft.dev/inbound-address";

    /// <summary>The same listener as a unix socket, for peers on the same host.</summary>
    public const string InboundSocket = "weft.dev/inbound-socket";

    /// <summary>The ALPN that its proxy speaks.</summary>
    public const string PeerProtocol = "weft.dev/peer-protocol";

    public const string Host = "weft.dev/host";

    /// <summary>"region/zone/subzone".</summary>
    public const string Locality = "weft.dev/locality";

    /// <summary>Its share beside the others of its service; 1 unless written.</summary>
    public const string Weight = "weft.dev/weight";

    /// <summary>What a workload in the mesh is taken to speak when nothing more is known, as in files.</summary>
    public const string DefaultPeerProtocol = "weft/1";
}
