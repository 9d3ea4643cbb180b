using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Wire;

/// <summary>What a client's first bytes say of an undeclared port. Only ports that nobody declared are sniffed.</summary>
public static class ProtocolSniffer
{
    /// <summary>Content type of the record that begins every TLS connection (RFC 8446 §5.1).</summary>
    public const byte TlsHandshake = 0x16;

    /// <summary>Whatever comes behind them, an answer other than NeedMore stays.</summary>
    public static SniffedProtocol Sniff(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return SniffedProtocol.NeedMore;
        }

        if (input[0] == TlsHandshake)
        {
            return input.Length == 1 ? SniffedProtocol.NeedMore : input[1] == 3 ? SniffedProtocol.Tls : SniffedProtocol.Opaque; // RFC 8446 §5.1
        }

        ReadOnlySpan<byte> preface = Http2FrameReader.Preface;
        int compared = Math.Min(input.Length, preface.Length);
        if (input[..compared].SequenceEqual(preface[..compared]))
        {
            return compared == preface.Length ? SniffedProtocol.Http2 : SniffedProtocol.NeedMore;
        }

        return SniffMethod(input);
    }

    /// <summary>A registered method is in capitals and is followed by a space (RFC 9110 §16.1.1).</summary>
    private static SniffedProtocol SniffMethod(ReadOnlySpan<byte> input)
    {
        int end = input.IndexOfAnyExceptInRange((byte)'A', (byte)'Z');
        if (end < 0)
        {
            return input.Length <= HttpMethods.LengthMax ? SniffedProtocol.NeedMore : SniffedProtocol.Opaque;
        }

        return end is >= 3 and <= HttpMethods.LengthMax && input[end] == ' ' ? SniffedProtocol.Http1 : SniffedProtocol.Opaque;
    }
}
