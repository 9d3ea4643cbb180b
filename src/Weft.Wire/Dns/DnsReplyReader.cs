using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;

namespace Weft.Wire.Dns;

/// <summary>Reads answers to our own questions. Total over bytes: an answer to something else, or a broken one, is no answer.</summary>
public static class DnsReplyReader
{
    /// <summary>Addresses taken of one answer; further ones are passed over.</summary>
    public const int AddressesMax = 256;

    /// <summary>Aliases followed within one answer. A longer chain is an answer without addresses.</summary>
    public const int AliasesMax = 16;

    private const int RecordHeadBytes = 10;

    /// <summary>RFC 1035 §3.3.13: five numbers behind the two names; the last is how long a "no" holds (RFC 2308 §4).</summary>
    private const int SoaNumbersBytes = 20;

    /// <param name="name">The question's, in wire form.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, ushort id, ReadOnlySpan<byte> name, ushort type, out DnsReply reply)
    {
        reply = new DnsReply(DnsCode.ServerFailure, false, [], 0);
        if (message.Length < DnsQuestion.HeaderBytes || BinaryPrimitives.ReadUInt16BigEndian(message) != id || (message[2] & 0xf8) != 0x80)
        {
            return false;
        }

        int code = message[3] & 0xf;
        int questions = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        if (questions == 0 && code is not (DnsCode.NoError or DnsCode.NameError))
        {
            // Who cannot read a question cannot repeat it; what follows is only that somebody else is asked.
            reply = new DnsReply(code, false, [], 0);
            return true;
        }

        int at = DnsQuestion.HeaderBytes;
        if (questions != 1 || !IsQuestion(message, ref at, name, type))
        {
            return false;
        }

        if ((message[2] & 2) != 0 || code is not (DnsCode.NoError or DnsCode.NameError))
        {
            reply = new DnsReply(code, (message[2] & 2) != 0, [], 0);
            return true;
        }

        return TryReadRecords(message, at, name, type, out reply);
    }

    private static bool IsQuestion(ReadOnlySpan<byte> message, ref int at, ReadOnlySpan<byte> name, ushort type)
    {
        Span<byte> asked = stackalloc byte[DnsName.WireBytesMax];
        if (!DnsName.TryExpand(message, ref at, asked, out int length) || !asked[..length].SequenceEqual(name) || message.Length - at < 4)
        {
            return false;
        }

        bool isSame = BinaryPrimitives.ReadUInt16BigEndian(message[at..]) == type && BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]) == DnsQuestion.ClassIn;
        at += 4;
        return isSame;
    }

    private static bool TryReadRecords(ReadOnlySpan<byte> message, int at, ReadOnlySpan<byte> name, ushort type, out DnsReply reply)
    {
        reply = new DnsReply(DnsCode.ServerFailure, false, [], 0);
        var chain = new Chain(stackalloc byte[DnsName.WireBytesMax], name);
        int authority = at;
        for (int followed = 0; followed <= AliasesMax; followed++)
        {
            authority = at;
            if (!TryPass(message, ref authority, type, ref chain))
            {
                return false;
            }

            if (chain.Addresses.Count > 0)
            {
                reply = new DnsReply(DnsCode.NoError, false, chain.Addresses.ToImmutable(), chain.TtlSeconds);
                return true;
            }

            if (!chain.WentOn)
            {
                break;
            }
        }

        return TryReadNegative(message, authority, message[3] & 0xf, out reply);
    }

    /// <summary>One walk over the answers: addresses of the chain's end, or the alias that it becomes. Moves behind them.</summary>
    private static bool TryPass(ReadOnlySpan<byte> message, ref int at, ushort type, ref Chain chain)
    {
        Span<byte> alias = stackalloc byte[DnsName.WireBytesMax];
        int aliasLength = 0;
        for (int left = BinaryPrimitives.ReadUInt16BigEndian(message[6..]); left > 0; left--)
        {
            if (!TryReadRecord(message, ref at, chain.End, out bool isOwn, out DnsRecord record))
            {
                return false;
            }

            int data = at - record.Length;
            if (isOwn && record.Type == type && record.Length == (type == DnsType.A ? 4 : 16))
            {
                chain.Take(message.Slice(data, record.Length), record.TtlSeconds);
            }
            else if (isOwn && record.Type == DnsType.Cname && aliasLength == 0)
            {
                if (!DnsName.TryExpand(message, ref data, alias, out aliasLength) || data != at)
                {
                    return false;
                }

                chain.Shorten(record.TtlSeconds);
            }
        }

        chain.GoOn(alias[..aliasLength]);
        return true;
    }

    // RFC 2308 §5: the smaller of the SOA's own TTL and its last number. Without an SOA nothing may be remembered.
    private static bool TryReadNegative(ReadOnlySpan<byte> message, int at, int code, out DnsReply reply)
    {
        reply = new DnsReply(code, false, [], 0);
        int records = BinaryPrimitives.ReadUInt16BigEndian(message[8..]);
        Span<byte> scratch = stackalloc byte[DnsName.WireBytesMax];
        for (int i = 0; i < records; i++)
        {
            if (!TryReadRecord(message, ref at, default, out _, out DnsRecord record))
            {
                return false;
            }

            if (record.Type != DnsType.Soa)
            {
                continue;
            }

            int data = at - record.Length;
            if (!DnsName.TryExpand(message, ref data, scratch, out _) || !DnsName.TryExpand(message, ref data, scratch, out _) || at - data != SoaNumbersBytes)
            {
                return false;
            }

            reply = reply with { TtlSeconds = Math.Min(record.TtlSeconds, BinaryPrimitives.ReadUInt32BigEndian(message[(at - 4)..])) };
            return true;
        }

        return true;
    }

    /// <summary>Reads a record and moves behind it; its data is the last <see cref="DnsRecord.Length"/> bytes before that place.</summary>
    private static bool TryReadRecord(ReadOnlySpan<byte> message, ref int at, ReadOnlySpan<byte> wanted, out bool isWanted, out DnsRecord record)
    {
        isWanted = false;
        record = default;
        Span<byte> owner = stackalloc byte[DnsName.WireBytesMax];
        int next = at;
        if (!DnsName.TryExpand(message, ref next, owner, out int length) || message.Length - next < RecordHeadBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> head = message.Slice(next, RecordHeadBytes);
        uint ttl = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        int dataLength = BinaryPrimitives.ReadUInt16BigEndian(head[8..]);
        next += RecordHeadBytes;
        if (message.Length - next < dataLength)
        {
            return false;
        }

        // RFC 2181 §8: a time with its highest bit set is none.
        record = new DnsRecord(BinaryPrimitives.ReadUInt16BigEndian(head), ttl > int.MaxValue ? 0 : ttl, dataLength);
        isWanted = BinaryPrimitives.ReadUInt16BigEndian(head[2..]) == DnsQuestion.ClassIn && owner[..length].SequenceEqual(wanted);
        at = next + dataLength;
        return true;
    }

    /// <summary>How far the aliases of a question were followed, and what was found there.</summary>
    private ref struct Chain
    {
        private readonly Span<byte> _end;
        private int _length;

        public Chain(Span<byte> scratch, scoped ReadOnlySpan<byte> name)
        {
            _end = scratch;
            name.CopyTo(scratch);
            _length = name.Length;
        }

        public ImmutableArray<IPAddress>.Builder Addresses { get; } = ImmutableArray.CreateBuilder<IPAddress>();

        /// <summary>The shortest of all records used.</summary>
        public uint TtlSeconds { get; private set; } = uint.MaxValue;

        /// <summary>The last walk found an alias and no address.</summary>
        public bool WentOn { get; private set; }

        public readonly ReadOnlySpan<byte> End => _end[.._length];

        public void Take(scoped ReadOnlySpan<byte> address, uint ttlSeconds)
        {
            Shorten(ttlSeconds);
            if (Addresses.Count < AddressesMax)
            {
                Addresses.Add(new IPAddress(address));
            }
        }

        public void Shorten(uint ttlSeconds) => TtlSeconds = Math.Min(TtlSeconds, ttlSeconds);

        /// <param name="alias">Empty: there is none.</param>
        public void GoOn(scoped ReadOnlySpan<byte> alias)
        {
            WentOn = alias.Length > 0 && Addresses.Count == 0;
            if (WentOn)
            {
                alias.CopyTo(_end);
                _length = alias.Length;
            }
        }
    }

    private readonly record struct DnsRecord(ushort Type, uint TtlSeconds, int Length);
}
