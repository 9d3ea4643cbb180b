using System.Buffers.Binary;

namespace Weft.Wire.Dns;

/// <summary>Writes a query with one question (RFC 1035 §4.1), and behind it what we take over UDP (RFC 6891).</summary>
public static class DnsQuery
{
    /// <summary>No path of today cuts a datagram of this size into fragments, which could be forged one by one (dnsflagday.net/2020).</summary>
    public const ushort UdpBytesMax = 1232;

    public const int BytesMax = DnsQuestion.HeaderBytes + DnsName.WireBytesMax + 4 + OptionBytes;

    private const int OptionBytes = 11;
    private const byte RecursionDesired = 1;

    /// <param name="name">In wire form: <see cref="DnsName.TryEncode"/>.</param>
    /// <param name="withOptions">False for servers that do not understand EDNS.</param>
    /// <param name="message">At least <see cref="BytesMax"/> long.</param>
    /// <returns>The message's length.</returns>
    public static int Write(ushort id, ReadOnlySpan<byte> name, ushort type, bool withOptions, Span<byte> message)
    {
        message[..DnsQuestion.HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(message, id);
        message[2] = RecursionDesired;
        message[5] = 1;
        name.CopyTo(message[DnsQuestion.HeaderBytes..]);
        int at = DnsQuestion.HeaderBytes + name.Length;
        BinaryPrimitives.WriteUInt16BigEndian(message[at..], type);
        BinaryPrimitives.WriteUInt16BigEndian(message[(at + 2)..], DnsQuestion.ClassIn);
        at += 4;
        if (!withOptions)
        {
            return at;
        }

        // RFC 6891 §6.1.2: the root's name, the type, our size in the place of a class, and six zero bytes: version 0, no flag, no option.
        message[11] = 1;
        message.Slice(at, OptionBytes).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(message[(at + 1)..], DnsType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(message[(at + 3)..], UdpBytesMax);
        return at + OptionBytes;
    }
}
