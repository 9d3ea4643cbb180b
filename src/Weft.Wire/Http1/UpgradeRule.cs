using System.Text;

namespace Weft.Wire.Http1;

/// <summary>protocol = protocol-name [ "/" protocol-version ], both tokens (RFC 9110 §7.8); :protocol is one of them (RFC 8441 §4).</summary>
public static class UpgradeRule
{
    public static bool IsProtocol(ReadOnlySpan<byte> protocol)
    {
        int slash = protocol.IndexOf((byte)'/');
        return slash < 0 ? Octets.IsToken(protocol) : Octets.IsToken(protocol[..slash]) && Octets.IsToken(protocol[(slash + 1)..]);
    }

    /// <summary>What one protocol's name means to us.</summary>
    public static UpgradeKind KindOf(ReadOnlySpan<byte> protocol) =>
        Ascii.EqualsIgnoreCase(protocol, "websocket"u8) ? UpgradeKind.WebSocket
        : protocol.Length >= 2 && Ascii.EqualsIgnoreCase(protocol[..2], "h2"u8) ? UpgradeKind.Http2
        : UpgradeKind.Other;

    /// <summary>
    /// The protocol to ask for of a list in the client's order of preference: its first, so that there is one name whichever version carries it on.
    /// A list that names HTTP/2 anywhere, or holds what is no protocol, asks for nothing.
    /// </summary>
    /// <param name="first">Where it stands in the list.</param>
    internal static UpgradeKind Choose(ReadOnlySpan<byte> list, out ByteRange first)
    {
        first = default;
        UpgradeKind chosen = UpgradeKind.None;
        int at = 0;
        while (at < list.Length)
        {
            int comma = list[at..].IndexOf((byte)',');
            int end = comma < 0 ? list.Length : at + comma;
            ReadOnlySpan<byte> raw = list[at..end];
            ReadOnlySpan<byte> protocol = Octets.TrimWhitespace(raw);
            if (!protocol.IsEmpty) // RFC 9110 §5.6.1.2: empty list elements are ignored
            {
                UpgradeKind kind = IsProtocol(protocol) ? KindOf(protocol) : UpgradeKind.None;
                if (kind is UpgradeKind.None or UpgradeKind.Http2)
                {
                    return kind;
                }

                int start = at + raw.IndexOfAnyExcept((byte)' ', (byte)'\t');
                (chosen, first) = chosen is UpgradeKind.None ? (kind, new ByteRange(start, protocol.Length)) : (chosen, first);
            }

            at = end + 1;
        }

        return chosen;
    }
}
