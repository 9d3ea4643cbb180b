using System.Buffers.Text;

namespace Weft.Policy.Routing;

/// <summary>Takes "host:port" apart (RFC 3986 §3.2.2); IPv6 literals keep their brackets.</summary>
public static class AuthorityText
{
    public static ReadOnlySpan<byte> Host(ReadOnlySpan<byte> authority)
    {
        int colon = PortColon(authority);
        return colon < 0 ? authority : authority[..colon];
    }

    /// <summary>0 when the authority names no port.</summary>
    public static int Port(ReadOnlySpan<byte> authority)
    {
        int colon = PortColon(authority);
        return colon >= 0 && Utf8Parser.TryParse(authority[(colon + 1)..], out ushort port, out int read) && read == authority.Length - colon - 1
            ? port
            : 0;
    }

    private static int PortColon(ReadOnlySpan<byte> authority)
    {
        int colon = authority.LastIndexOf((byte)':');
        return colon > authority.LastIndexOf((byte)']') ? colon : -1;
    }
}
