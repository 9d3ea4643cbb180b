namespace Weft.ControlPlane.Registry;

/// <summary>What the registry writes into a Pod for the compiler and for people.</summary>
internal static class PodAnnotations
{
    public const string InboundAddress = "weft.dev/inbound-address";
    public const string InboundSocket = "weft.dev/inbound-socket";
    public const string PeerProtocol = "weft.dev/peer-protocol";
    public const string Host = "weft.dev/host";
    public const string MetricsPort = "weft.dev/metrics-port";
}
