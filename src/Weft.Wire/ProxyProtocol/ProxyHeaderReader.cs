using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using Weft.Wire.Http1;

namespace Weft.Wire.ProxyProtocol;

/// <summary>Reads a PROXY header of either version. A listener either demands one or takes none: whoever may choose may forge.</summary>
public static class ProxyHeaderReader
{
    /// <summary>§2.1: the longest line of version 1, CRLF included.</summary>
    public const int LineBytesMax = 107;

    /// <summary>Of a version 2 header's variable part: addresses and TLVs; the format's own limit is 64 KiB.</summary>
    public const int Version2BytesMax = 4 << 10;

    private const int Version2FixedBytes = 16;

    /// <summary>Begins every version 2 header (§2.2).</summary>
    internal static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads one header; <paramref name="input"/> moves forward only on <see cref="ReadStatus.Done"/>.</summary>
    public static ReadStatus TryRead(ref ReadOnlySpan<byte> input, out ProxyHeader header)
    {
        header = default;
        if (input.IsEmpty)
        {
            return ReadStatus.NeedMore;
        }

        int compared = Math.Min(input.Length, Signature.Length);
        if (input[..compared].SequenceEqual(Signature[..compared]))
        {
            return compared < Signature.Length ? ReadStatus.NeedMore : ReadVersion2(ref input, out header);
        }

        ReadOnlySpan<byte> word = "PROXY "u8;
        compared = Math.Min(input.Length, word.Length);
        if (!input[..compared].SequenceEqual(word[..compared]))
        {
            return ReadStatus.Malformed;
        }

        return ReadVersion1(ref input, out header);
    }

    private static ReadStatus ReadVersion1(ref ReadOnlySpan<byte> input, out ProxyHeader header)
    {
        header = default;
        int scanned = 0;
        ReadStatus status = LineScanner.Find(input, ref scanned, out int end, out _);
        if (status is not ReadStatus.Done)
        {
            return status is ReadStatus.NeedMore && input.Length >= LineBytesMax ? ReadStatus.TooLarge : status;
        }

        if (end + 2 > LineBytesMax)
        {
            return ReadStatus.TooLarge;
        }

        if (!TryLine(input["PROXY "u8.Length..end], out header))
        {
            return ReadStatus.Malformed;
        }

        input = input[(end + 2)..];
        return ReadStatus.Done;
    }

    /// <summary>TCP4 or TCP6, source, destination, their ports, one space between; UNKNOWN with anything.</summary>
    private static bool TryLine(ReadOnlySpan<byte> line, out ProxyHeader header)
    {
        header = default;
        ReadOnlySpan<byte> family = NextWord(ref line);
        if (family.SequenceEqual("UNKNOWN"u8))
        {
            header = new ProxyHeader(true, default, default);
            return true;
        }

        bool isIpv6 = family.SequenceEqual("TCP6"u8);
        if (!isIpv6 && !family.SequenceEqual("TCP4"u8))
        {
            return false;
        }

        bool ok = TryAddress(NextWord(ref line), isIpv6, out UInt128 source) & TryAddress(NextWord(ref line), isIpv6, out UInt128 destination)
            & TryPort(NextWord(ref line), out ushort sourcePort) & TryPort(line, out ushort destinationPort);
        header = new ProxyHeader(false, new ProxyEndPoint(source, isIpv6, sourcePort), new ProxyEndPoint(destination, isIpv6, destinationPort));
        return ok;
    }

    private static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> line)
    {
        int space = line.IndexOf((byte)' ');
        ReadOnlySpan<byte> word = space < 0 ? line : line[..space];
        line = space < 0 ? default : line[(space + 1)..];
        return word;
    }

    private static bool TryAddress(ReadOnlySpan<byte> text, bool isIpv6, out UInt128 address)
    {
        address = default;
        Span<byte> bytes = stackalloc byte[16];
        bool isShaped = isIpv6 ? !text.ContainsAnyExcept(Octets.Ipv6) && text.Contains((byte)':') : IsDottedQuad(text);
        if (!isShaped || !IPAddress.TryParse(text, out IPAddress? parsed) || !parsed.TryWriteBytes(bytes, out int written) || written != (isIpv6 ? 16 : 4))
        {
            return false;
        }

        address = isIpv6 ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return true;
    }

    /// <summary>Four decimal numbers without leading zeros: "010.1" and hexadecimal are read differently elsewhere.</summary>
    private static bool IsDottedQuad(ReadOnlySpan<byte> text)
    {
        for (int i = 0; i < 4; i++)
        {
            int dot = text.IndexOf((byte)'.');
            ReadOnlySpan<byte> part = dot < 0 ? text : text[..dot];
            if (part.Length is 0 or > 3 || (dot < 0) != (i == 3) || (part.Length > 1 && part[0] == '0') || !MessageFields.TryLength(part, out long value) || value > 255)
            {
                return false;
            }

            text = dot < 0 ? default : text[(dot + 1)..];
        }

        return true;
    }

    private static bool TryPort(ReadOnlySpan<byte> text, out ushort port)
    {
        port = 0;
        return text.Length is > 0 and <= 5 && (text.Length == 1 || text[0] != '0') && Octets.IsDigit(text[0])
            && Utf8Parser.TryParse(text, out port, out int consumed) && consumed == text.Length;
    }

    private static ReadStatus ReadVersion2(ref ReadOnlySpan<byte> input, out ProxyHeader header)
    {
        header = default;
        if (input.Length > 12 && (input[12] & 0xFE) != 0x20)
        {
            return ReadStatus.Malformed; // §2.2: version 2, command LOCAL or PROXY
        }

        if (input.Length < Version2FixedBytes)
        {
            return ReadStatus.NeedMore;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(input[14..]);
        if (length > Version2BytesMax)
        {
            return ReadStatus.TooLarge;
        }

        if (input.Length < Version2FixedBytes + length)
        {
            return ReadStatus.NeedMore;
        }

        bool isLocal = (input[12] & 0x0F) == 0;
        if (!TryVersion2(input[13], isLocal, input.Slice(Version2FixedBytes, length), out header))
        {
            return ReadStatus.Malformed;
        }

        input = input[(Version2FixedBytes + length)..];
        return ReadStatus.Done;
    }

    private static bool TryVersion2(byte family, bool isLocal, ReadOnlySpan<byte> rest, out ProxyHeader header)
    {
        header = new ProxyHeader(true, default, default);
        switch (family)
        {
            case var _ when isLocal:
            case 0x00: // AF_UNSPEC
            case 0x31 or 0x32: // AF_UNIX: no address that means anything here
                return true;
            case 0x11 when rest.Length >= 12:
                header = new ProxyHeader(
                    false,
                    new ProxyEndPoint(BinaryPrimitives.ReadUInt32BigEndian(rest), false, BinaryPrimitives.ReadUInt16BigEndian(rest[8..])),
                    new ProxyEndPoint(BinaryPrimitives.ReadUInt32BigEndian(rest[4..]), false, BinaryPrimitives.ReadUInt16BigEndian(rest[10..])));
                return true;
            case 0x21 when rest.Length >= 36:
                header = new ProxyHeader(
                    false,
                    new ProxyEndPoint(BinaryPrimitives.ReadUInt128BigEndian(rest), true, BinaryPrimitives.ReadUInt16BigEndian(rest[32..])),
                    new ProxyEndPoint(BinaryPrimitives.ReadUInt128BigEndian(rest[16..]), true, BinaryPrimitives.ReadUInt16BigEndian(rest[34..])));
                return true;
            default:
                return false; // datagrams and families that a stream listener cannot carry
        }
    }
}
