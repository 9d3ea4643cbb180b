using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

internal enum SniffedProtocol : byte
{
    NeedMore,
    Http1,
    Http2,
    Tls,
    Opaque,
}

/// <summary>What a client's first bytes say of an undeclared port. Only ports that nobody declared are sniffed.</summary>
internal static class ProtocolSniffer
{
    /// <summary>Content type of the record that begins every TLS connection (RFC 8446 §5.1).</summary>
    internal const byte TlsHandshake = 0x16;

    // RFC 9113 §3.4.
    private static ReadOnlySpan<byte> Http2Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    internal static SniffedProtocol Sniff(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return SniffedProtocol.NeedMore;
        }

        if (input[0] == TlsHandshake)
        {
            return input.Length == 1 ? SniffedProtocol.NeedMore : input[1] == 3 ? SniffedProtocol.Tls : SniffedProtocol.Opaque; // RFC 8446 §5.1
        }

        int compared = Math.Min(input.Length, Http2Preface.Length);
        if (input[..compared].SequenceEqual(Http2Preface[..compared]))
        {
            return compared == Http2Preface.Length ? SniffedProtocol.Http2 : SniffedProtocol.NeedMore;
        }

        return SniffMethod(input);
    }

    /// <summary>A registered method is in capitals and is followed by a space (RFC 9110 §16.1.1).</summary>
    private static SniffedProtocol SniffMethod(ReadOnlySpan<byte> input)
    {
        int end = input.IndexOfAnyExceptInRange((byte)'A', (byte)'Z');
        if (end < 0)
        {
            return input.Length < HttpMethods.LengthMax ? SniffedProtocol.NeedMore : SniffedProtocol.Opaque;
        }

        return end >= 3 && input[end] == ' ' ? SniffedProtocol.Http1 : SniffedProtocol.Opaque;
    }
}
