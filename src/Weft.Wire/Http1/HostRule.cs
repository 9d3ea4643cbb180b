using System.Net;

namespace Weft.Wire.Http1;

/// <summary>uri-host [ ":" port ] (RFC 9110 §7.2), without user information and percent-encoding.</summary>
public static class HostRule
{
    /// <summary>RFC 1035 §2.3.4 allows 253 visible bytes; a final dot makes one more.</summary>
    public const int HostBytesMax = 254;

    /// <summary>Splits an authority; <paramref name="port"/> is 0 when none is written. False when it is not valid or empty.</summary>
    public static bool TrySplit(ReadOnlySpan<byte> authority, out ReadOnlySpan<byte> host, out int port)
    {
        port = 0;
        host = default;
        if (authority.IsEmpty)
        {
            return false;
        }

        int hostLength = authority[0] == '[' ? authority.IndexOf((byte)']') + 1 : authority.IndexOf((byte)':');
        hostLength = hostLength < 0 ? authority.Length : hostLength;
        host = authority[..hostLength];
        if (!IsHost(host))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = authority[hostLength..];
        return rest.IsEmpty || (rest[0] == ':' && TryPort(rest[1..], out port));
    }

    private static bool IsHost(ReadOnlySpan<byte> host)
    {
        if (host.Length is 0 or > HostBytesMax)
        {
            return false;
        }

        if (host[0] != '[')
        {
            return !host.ContainsAnyExcept(Octets.HostName) && host[0] != '.';
        }

        ReadOnlySpan<byte> inner = host[1..^1];
        return host[^1] == ']' && !inner.ContainsAnyExcept(Octets.Ipv6) && inner.Contains((byte)':') && IPAddress.IsValidUtf8(inner);
    }

    private static bool TryPort(ReadOnlySpan<byte> digits, out int port)
    {
        port = 0;
        if (digits.Length is 0 or > 5 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        foreach (byte digit in digits)
        {
            port = (port * 10) + digit - '0';
        }

        return port is > 0 and <= 65535;
    }
}
