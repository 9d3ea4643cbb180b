using System.Net;
using System.Net.Sockets;

namespace Weft.ControlPlane.Keys;

/// <summary>
/// Which addresses may be asked for keys. Who may write a RequestAuthentication chooses the URL, so it must not lead to what only the machine itself
/// may read: cloud metadata services. Private and loopback addresses are allowed: that is where issuers of a mesh live.
/// </summary>
internal static class FetchAddresses
{
    private static readonly IPNetwork[] s_refused =
    [
        IPNetwork.Parse("0.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"),       // link-local; 169.254.169.254 is the metadata service of most clouds
        IPNetwork.Parse("100.100.100.200/32"),   // Alibaba Cloud's
        IPNetwork.Parse("192.0.0.192/32"),       // Oracle Cloud's, beside the usual one
        IPNetwork.Parse("224.0.0.0/3"),          // multicast, reserved, broadcast
        IPNetwork.Parse("fe80::/10"),
        IPNetwork.Parse("fd00:ec2::254/128"),    // AWS's
        IPNetwork.Parse("fd20:ce::254/128"),     // Google Cloud's
        IPNetwork.Parse("ff00::/8"),
        IPNetwork.Parse("::/128"),
    ];

    public static bool MayAsk(IPAddress address, IEnumerable<IPNetwork> allowed)
    {
        IPAddress plain = Plain(address);
        return !s_refused.Any(n => n.Contains(plain)) || allowed.Any(n => n.Contains(plain));
    }

    // Both forms of IPv6 that carry an IPv4 address lead to that address: mapped (RFC 4291 §2.5.5.2) and translated (RFC 6052 §2.1).
    private static IPAddress Plain(IPAddress address)
    {
        if (address.AddressFamily is not AddressFamily.InterNetworkV6)
        {
            return address;
        }

        byte[] bytes = address.GetAddressBytes();
        bool isTranslated = bytes.AsSpan(0, 12).SequenceEqual((ReadOnlySpan<byte>)[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : isTranslated ? new IPAddress(bytes.AsSpan(12)) : address;
    }
}
