using System.Buffers.Binary;
using System.Text;

namespace Weft.Wire.Dns;

/// <summary>The question of a DNS query (RFC 1035 §4.1).</summary>
public readonly record struct DnsQuestion(ushort Id, bool RecursionDesired, string Name, ushort Type, int EndsAt)
{
    internal const int HeaderBytes = 12;
    internal const ushort ClassIn = 1;

    /// <summary>False for anything but one standard query of class IN with an uncompressed name of printable letters.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out DnsQuestion question)
    {
        question = default;
        if (message.Length < HeaderBytes + 5 || (message[2] & 0xf8) != 0 || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1)
        {
            return false;
        }

        var name = new StringBuilder();
        int at = HeaderBytes;
        while (at < message.Length && message[at] != 0)
        {
            int length = message[at];
            if (length > 63 || at + 1 + length >= message.Length || name.Length + length > DnsName.TextLengthMax)
            {
                return false; // §4.1.4: a query's name is first in the message, so it has nothing to point to
            }

            ReadOnlySpan<byte> label = message.Slice(at + 1, length);
            if (label.ContainsAnyExceptInRange((byte)'!', (byte)'~') || label.Contains((byte)'.'))
            {
                return false; // such a label would be another name in text
            }

            name.Append(name.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(label));
            at += 1 + length;
        }

        if (at + 5 > message.Length || BinaryPrimitives.ReadUInt16BigEndian(message[(at + 3)..]) != ClassIn)
        {
            return false;
        }

        question = new DnsQuestion(
            BinaryPrimitives.ReadUInt16BigEndian(message), (message[2] & 1) != 0, name.ToString(), BinaryPrimitives.ReadUInt16BigEndian(message[(at + 1)..]), at + 5);
        return true;
    }
}
