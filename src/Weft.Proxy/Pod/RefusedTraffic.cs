using System.Net;
using Weft.Transport.Processes;

namespace Weft.Proxy.Pod;

/// <summary>Says once per destination that something the mesh does not carry was refused. The agent's thread only.</summary>
internal sealed class RefusedTraffic(Action<string> notice)
{
    /// <summary>Destinations remembered; past this one last notice says that no more will be named.</summary>
    private const int DestinationsMax = 64;
    private const byte Udp = 17;
    private const byte Icmp = 1;
    private const byte Icmp6 = 58;

    private readonly HashSet<(byte, IPEndPoint)> _seen = [];

    public void Add(LoggedPacket packet)
    {
        if (_seen.Count > DestinationsMax || !_seen.Add((packet.Protocol, packet.Destination))) { return; }
        notice(_seen.Count > DestinationsMax
            ? $"More than {DestinationsMax} destinations were refused; the next ones are only counted (nft list counters)."
            : Describe(packet));
    }

    private static string Describe(LoggedPacket packet) => packet.Protocol switch
    {
        Udp when packet.Destination.Port == 443 =>
            $"UDP to {packet.Destination} was refused: the mesh carries TCP and DNS only. If this is HTTP/3 (QUIC), clients fall back to TCP by themselves.",
        Udp => $"UDP to {packet.Destination} was refused: the mesh carries TCP and DNS only. Send it over TCP, or run that program outside the mesh.",
        Icmp or Icmp6 => $"ICMP to {packet.Destination.Address} was refused: ping does not leave a pod; try a TCP connection instead.",
        byte other => $"IP protocol {other} to {packet.Destination.Address} was refused: the mesh carries TCP and DNS only.",
    };
}
