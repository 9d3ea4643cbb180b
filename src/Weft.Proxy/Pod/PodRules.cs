using System.Net;
using System.Text;

namespace Weft.Proxy.Pod;

/// <summary>What the pod's network is made of: input for <c>ip -batch -</c> and <c>nft -f -</c>.</summary>
/// <remarks>
/// The pod has no way out but its own loopback device: the default route points there, so that every destination has a
/// route, and the rules hand TCP to the proxy and DNS to its resolver. All else is refused at once with a reason, since
/// a silent drop would look like a slow network.
/// </remarks>
internal static class PodRules
{
    public const int OutboundPort = 15001;
    public const int DnsPort = 53;
    public const ushort LogGroup = 15;

    // RFC 4193: a unique local prefix; the last 32 bits are the pod's IPv4 address.
    private const string PodPrefix6 = "fd57:ef7:0:1::";

    public static string Address6(IPAddress address)
    {
        byte[] b = address.GetAddressBytes();
        return $"{PodPrefix6}{b[0]:x2}{b[1]:x2}:{b[2]:x2}{b[3]:x2}";
    }

    public static string Links(IPAddress address, bool ipv6)
    {
        var batch = new StringBuilder();
        batch.Append("link set lo up\n");
        batch.Append($"addr add {address}/32 dev lo\n");
        batch.Append($"route add default dev lo src {address}\n");
        if (ipv6)
        {
            batch.Append($"addr add {Address6(address)}/128 dev lo nodad\n");
            batch.Append("route add ::/0 dev lo\n");
        }

        return batch.ToString();
    }

    /// <param name="log">Whether refused packets are also handed to <see cref="LogGroup"/> (needs nfnetlink_log in the kernel).</param>
    /// <param name="hostPorts">Ports on the pod's 127.0.0.1 that mean the host's: an unchanged program finds its database there.</param>
    public static string Rules(IPAddress address, bool ipv6, bool log, IReadOnlyList<int> hostPorts)
    {
        string host = hostPorts.Count > 0 ? $"ip daddr 127.0.0.1 tcp dport {{ {string.Join(", ", hostPorts)} }} redirect to :{OutboundPort}" : "";
        string logged = log ? $"limit rate 10/second log group {LogGroup} " : "";
        string own6 = ipv6 ? $"\n    ip6 daddr {{ ::1, {Address6(address)} }} accept" : "";
        return $$"""
            table inet weft {
              counter refused_udp { }
              counter refused_other { }
              chain outbound {
                type nat hook output priority -100; policy accept;
                {{host}}
                ip daddr { 127.0.0.0/8, {{address}} } accept{{own6}}
                meta nfproto ipv4 udp dport {{DnsPort}} redirect to :{{DnsPort}}
                meta nfproto ipv4 tcp dport {{DnsPort}} redirect to :{{DnsPort}}
                meta l4proto tcp redirect to :{{OutboundPort}}
              }
              chain refused {
                type filter hook output priority 0; policy accept;
                ip daddr { 127.0.0.0/8, {{address}} } accept{{own6}}
                meta l4proto tcp accept
                meta l4proto udp counter name refused_udp
                meta l4proto != udp counter name refused_other
                {{logged}}
                reject with icmpx port-unreachable
              }
            }
            """;
    }

    public static string ResolvConf(string ns) =>
        $"# Written by weft for this pod: the mesh's resolver answers here.\nnameserver 127.0.0.1\nsearch {ns}.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5 timeout:2 attempts:2\n";

    /// <summary>
    /// The machine's name service switch with plain DNS for hosts: modules such as nss-resolve would ask a daemon of
    /// the host over a unix socket, past the pod's resolver.
    /// </summary>
    public static string NameServiceSwitch(string machines)
    {
        IEnumerable<string> others = machines.Split('\n').Where(line => !line.TrimStart().StartsWith("hosts:", StringComparison.Ordinal));
        return string.Join('\n', others).TrimEnd() + "\nhosts: files dns\n";
    }
}
