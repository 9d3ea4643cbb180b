using Weft.Http.Http2;
using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>What one Weft proxy tells another on each stream of the protocol "weft/1", and nobody else ever sees.</summary>
internal static class PeerFields
{
    /// <summary>The port of the application that is meant: a peer dialled at host:port has no original destination.</summary>
    internal static ReadOnlySpan<byte> Port => "weft-port"u8;

    /// <summary>The version the request began with.</summary>
    internal static ReadOnlySpan<byte> Version => "weft-version"u8;

    /// <summary>How the calling workload names itself; its identity is proven by the handshake, this is for metrics.</summary>
    internal static ReadOnlySpan<byte> Source => "weft-source"u8;

    /// <summary>Words of the application's own for its status.</summary>
    internal static ReadOnlySpan<byte> Reason => "weft-reason"u8;

    /// <summary>The answer 2xx switched to nothing, although the request asked for it.</summary>
    internal static ReadOnlySpan<byte> Declined => Http2ClientStream.DeclinedField;

    internal static ReadOnlySpan<byte> VersionText(MessageVersion version) => version switch
    {
        MessageVersion.Http10 => "1.0"u8,
        MessageVersion.Http20 => "2"u8,
        _ => "1.1"u8,
    };

    internal static MessageVersion VersionOf(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("2"u8) ? MessageVersion.Http20 : text.SequenceEqual("1.0"u8) ? MessageVersion.Http10 : MessageVersion.Http11;

    /// <summary>Nobody outside the mesh may speak in these words, and nobody behind it hears them.</summary>
    internal static void Drop(HeaderTable fields, ReadOnlySpan<byte> head)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields[i].Known is KnownHeader.Other && fields[i].Name.In(head) is [(byte)'w' or (byte)'W', (byte)'e' or (byte)'E', (byte)'f' or (byte)'F', (byte)'t' or (byte)'T', (byte)'-', .. var rest]
                && IsOurs(rest))
            {
                fields.Drop(i);
            }
        }
    }

    private static bool IsOurs(ReadOnlySpan<byte> rest) => rest.Length switch
    {
        4 => System.Text.Ascii.EqualsIgnoreCase(rest, "port"u8),
        6 => System.Text.Ascii.EqualsIgnoreCase(rest, "source"u8) || System.Text.Ascii.EqualsIgnoreCase(rest, "reason"u8),
        7 => System.Text.Ascii.EqualsIgnoreCase(rest, "version"u8),
        8 => System.Text.Ascii.EqualsIgnoreCase(rest, "declined"u8),
        _ => false,
    };
}
