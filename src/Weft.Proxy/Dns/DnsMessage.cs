using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Weft.Proxy.Dns;

/// <summary>The question of a DNS query (RFC 1035 §4.1).</summary>
internal readonly record struct DnsQuestion(ushort Id, bool RecursionDesired, string Name, ushort Type, int EndsAt)
{
    public const ushort TypeA = 1;
    public const ushort TypeAaaa = 28;
    public const ushort TypeAny = 255;

    private const int HeaderBytes = 12;
    private const ushort ClassIn = 1;

    /// <summary>False for anything but one standard query of class IN with an uncompressed name.</summary>
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
            if (length > 63 || at + 1 + length >= message.Length || name.Length + length > 253)
            {
                return false; // §4.1.4: a query's name is first in the message, so it has nothing to point to
            }

            name.Append(name.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(message.Slice(at + 1, length)));
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

/// <summary>Writes answers (RFC 1035 §4.1): the question again, and an A or AAAA record per address.</summary>
internal static class DnsAnswer
{
    public const int NoError = 0;
    public const int FormatError = 1;
    public const int ServerFailure = 2;
    public const int NameError = 3;

    /// <summary>RFC 1035 §4.2.1: a longer answer over UDP is cut and marked.</summary>
    public const int UdpBytesMax = 512;

    private const int HeaderBytes = 12;

    /// <summary>Short: a name may be given another address when its service is made anew.</summary>
    private const uint TtlSeconds = 5;

    /// <param name="query">The whole query; its header and question are taken over.</param>
    public static byte[] Write(ReadOnlySpan<byte> query, in DnsQuestion question, int code, IReadOnlyList<IPAddress> addresses, int bytesMax)
    {
        byte[] answer = new byte[bytesMax];
        query[..question.EndsAt].CopyTo(answer);
        int at = question.EndsAt;
        int count = 0;
        bool isCut = false;
        Span<byte> raw = stackalloc byte[16];
        foreach (IPAddress address in addresses)
        {
            bool isFour = address.AddressFamily == AddressFamily.InterNetwork;
            int length = isFour ? 4 : 16;
            if (at + 12 + length > bytesMax)
            {
                isCut = true;
                break;
            }

            // §4.1.4: the name is a pointer to the question's, at offset 12.
            BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(at), 0xc00c);
            BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(at + 2), isFour ? DnsQuestion.TypeA : DnsQuestion.TypeAaaa);
            BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(at + 4), 1);
            BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(at + 6), TtlSeconds);
            BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(at + 10), (ushort)length);
            address.TryWriteBytes(raw, out _);
            raw[..length].CopyTo(answer.AsSpan(at + 12));
            at += 12 + length;
            count++;
        }

        // QR and RD as asked, RA: we resolve for them.
        answer[2] = (byte)(0x80 | (question.RecursionDesired ? 1 : 0) | (isCut ? 2 : 0));
        answer[3] = (byte)(0x80 | code);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(6), (ushort)count);
        answer.AsSpan(8, 4).Clear();
        return answer[..at];
    }

    /// <summary>For bytes that are no query we answer; empty when there is not even an id.</summary>
    public static byte[] Malformed(ReadOnlySpan<byte> query)
    {
        if (query.Length < HeaderBytes)
        {
            return [];
        }

        byte[] answer = query[..HeaderBytes].ToArray();
        answer[2] = (byte)(0x80 | (query[2] & 0x79));
        answer[3] = 0x80 | FormatError;
        answer.AsSpan(4, 8).Clear();
        return answer;
    }
}
