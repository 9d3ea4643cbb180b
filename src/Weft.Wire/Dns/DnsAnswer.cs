using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Weft.Wire.Dns;

/// <summary>Writes answers (RFC 1035 §4.1): the question again, and an A or AAAA record per address.</summary>
public static class DnsAnswer
{
    /// <summary>RFC 1035 §4.2.1: a longer answer over UDP is cut and marked.</summary>
    public const int UdpBytesMax = 512;

    /// <param name="query">The whole query; its header and question are taken over.</param>
    /// <param name="code">One of <see cref="DnsCode"/>.</param>
    public static byte[] Write(ReadOnlySpan<byte> query, in DnsQuestion question, int code, DnsAddresses addresses, int bytesMax)
    {
        byte[] answer = new byte[bytesMax];
        query[..question.EndsAt].CopyTo(answer);
        int at = question.EndsAt;
        int count = 0;
        bool isCut = false;
        Span<byte> raw = stackalloc byte[16];
        foreach (IPAddress address in addresses.All)
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
            BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(at + 2), isFour ? DnsType.A : DnsType.Aaaa);
            BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(at + 4), DnsQuestion.ClassIn);
            BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(at + 6), addresses.TtlSeconds);
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
        if (query.Length < DnsQuestion.HeaderBytes)
        {
            return [];
        }

        byte[] answer = query[..DnsQuestion.HeaderBytes].ToArray();
        answer[2] = (byte)(0x80 | (query[2] & 0x79));
        answer[3] = 0x80 | DnsCode.FormatError;
        answer.AsSpan(4, 8).Clear();
        return answer;
    }
}
