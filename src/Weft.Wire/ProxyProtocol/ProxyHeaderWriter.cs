using System.Buffers.Binary;
using System.Buffers.Text;

namespace Weft.Wire.ProxyProtocol;

/// <summary>Writes PROXY headers towards upstreams that ask for them.</summary>
public static class ProxyHeaderWriter
{
    /// <summary>Enough for either version.</summary>
    public const int BytesMax = ProxyHeaderReader.LineBytesMax;

    /// <summary>Writes version 1 or 2; returns the bytes written. The output has <see cref="BytesMax"/> bytes of room.</summary>
    public static int Write(Span<byte> output, int version, in ProxyHeader header) => version switch
    {
        1 => WriteLine(output, header),
        2 => WriteBinary(output, header),
        _ => throw new ArgumentOutOfRangeException(nameof(version), version, "The PROXY protocol has versions 1 and 2."),
    };

    private static int WriteLine(Span<byte> output, in ProxyHeader header)
    {
        if (header.IsLocal)
        {
            return Append(output, 0, "PROXY UNKNOWN\r\n"u8);
        }

        int at = Append(output, 0, header.Source.IsIpv6 ? "PROXY TCP6 "u8 : "PROXY TCP4 "u8);
        at = AppendAddress(output, at, header.Source);
        at = AppendAddress(output, at, header.Destination);
        at = AppendNumber(output, at, header.Source.Port);
        at = Append(output, at, " "u8);
        at = AppendNumber(output, at, header.Destination.Port);
        return Append(output, at, "\r\n"u8);
    }

    private static int WriteBinary(Span<byte> output, in ProxyHeader header)
    {
        int at = Append(output, 0, ProxyHeaderReader.Signature);
        int length = header.IsLocal ? 0 : header.Source.IsIpv6 ? 36 : 12;
        output[at++] = (byte)(header.IsLocal ? 0x20 : 0x21);
        output[at++] = (byte)(header.IsLocal ? 0x00 : header.Source.IsIpv6 ? 0x21 : 0x11);
        BinaryPrimitives.WriteUInt16BigEndian(output[at..], (ushort)length);
        at += 2;
        if (header.IsLocal)
        {
            return at;
        }

        at = AppendBinary(output, at, header.Source);
        at = AppendBinary(output, at, header.Destination);
        BinaryPrimitives.WriteUInt16BigEndian(output[at..], header.Source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(output[(at + 2)..], header.Destination.Port);
        return at + 4;
    }

    private static int AppendBinary(Span<byte> output, int at, in ProxyEndPoint endPoint)
    {
        if (endPoint.IsIpv6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(output[at..], endPoint.Address);
            return at + 16;
        }

        BinaryPrimitives.WriteUInt32BigEndian(output[at..], (uint)endPoint.Address);
        return at + 4;
    }

    private static int AppendAddress(Span<byte> output, int at, in ProxyEndPoint endPoint)
    {
        if (endPoint.IsIpv6)
        {
            // Eight groups, nothing shortened: at most 39 bytes, and read the same by everybody.
            for (int group = 7; group >= 0; group--)
            {
                _ = Utf8Formatter.TryFormat((ushort)(endPoint.Address >> (group * 16)), output[at..], out int written, new System.Buffers.StandardFormat('x'));
                at = Append(output, at + written, group == 0 ? " "u8 : ":"u8);
            }

            return at;
        }

        for (int part = 3; part >= 0; part--)
        {
            at = AppendNumber(output, at, (byte)(endPoint.Address >> (part * 8)));
            at = Append(output, at, part == 0 ? " "u8 : "."u8);
        }

        return at;
    }

    private static int AppendNumber(Span<byte> output, int at, int number)
    {
        _ = Utf8Formatter.TryFormat(number, output[at..], out int written);
        return at + written;
    }

    private static int Append(Span<byte> output, int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output[at..]);
        return at + bytes.Length;
    }
}
