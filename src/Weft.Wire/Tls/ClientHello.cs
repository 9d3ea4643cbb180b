using System.Buffers.Binary;
using Weft.Wire.Http1;

namespace Weft.Wire.Tls;

/// <summary>What a TLS client says before anything is encrypted (RFC 8446 §4.1.2): enough to route a connection that stays closed to us.</summary>
public readonly ref struct ClientHello
{
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const int RecordHeaderBytes = 5;
    private const int MessageHeaderBytes = 4;
    private const int RecordBytesMax = 1 << 14; // RFC 8446 §5.1

    /// <summary>Of the whole message. Clients with post-quantum key shares send 2 KiB; what is larger than this means to cost us.</summary>
    public const int BytesMax = 16 << 10;

    private ClientHello(ReadOnlySpan<byte> serverName, ReadOnlySpan<byte> alpn, bool offersTls13)
    {
        ServerName = serverName;
        AlpnList = alpn;
        OffersTls13 = offersTls13;
    }

    /// <summary>The DNS name asked for (RFC 6066 §3), as it came; empty when there is none.</summary>
    public ReadOnlySpan<byte> ServerName { get; }

    /// <summary>ProtocolNameList of RFC 7301 §3.1: a byte of length before each name; empty when there is none.</summary>
    public ReadOnlySpan<byte> AlpnList { get; }

    /// <summary>supported_versions names 0x0304 (RFC 8446 §4.2.1).</summary>
    public bool OffersTls13 { get; }

    /// <summary>Whether the client offers a protocol.</summary>
    public bool Offers(ReadOnlySpan<byte> protocol)
    {
        for (ReadOnlySpan<byte> rest = AlpnList; !rest.IsEmpty; rest = rest[(1 + rest[0])..])
        {
            if (rest.Slice(1, rest[0]).SequenceEqual(protocol))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads a connection's first bytes; nothing is consumed, since they belong to whoever makes the handshake.</summary>
    /// <param name="scratch">Where a message that came in several records is put together; <see cref="BytesMax"/> is always enough.</param>
    public static ReadStatus TryRead(ReadOnlySpan<byte> input, Span<byte> scratch, out ClientHello hello)
    {
        hello = default;
        ReadStatus status = TryMessage(input, scratch, out ReadOnlySpan<byte> message);
        return status is ReadStatus.Done ? TryBody(message, out hello) ? ReadStatus.Done : ReadStatus.Malformed : status;
    }

    /// <summary>The message without its header: in place when one record holds it, else copied together.</summary>
    private static ReadStatus TryMessage(ReadOnlySpan<byte> input, Span<byte> scratch, out ReadOnlySpan<byte> message)
    {
        message = default;
        int gathered = 0;
        int needed = MessageHeaderBytes;
        bool hasLength = false;
        while (true)
        {
            ReadStatus status = TryRecord(ref input, out ReadOnlySpan<byte> fragment, out bool isWhole);
            if (status is not ReadStatus.Done)
            {
                return status;
            }

            ReadOnlySpan<byte> sofar = fragment;
            if (gathered > 0 || !isWhole || !IsAll(fragment))
            {
                if (gathered + fragment.Length > scratch.Length)
                {
                    return ReadStatus.TooLarge;
                }

                fragment.CopyTo(scratch[gathered..]);
                gathered += fragment.Length;
                sofar = scratch[..gathered];
            }

            if (!hasLength && sofar.Length > 0 && sofar[0] != ClientHelloMessage)
            {
                return ReadStatus.Malformed;
            }

            if (!hasLength && sofar.Length >= MessageHeaderBytes)
            {
                hasLength = true;
                needed = MessageHeaderBytes + MessageLength(sofar);
                if (needed > BytesMax)
                {
                    return ReadStatus.TooLarge;
                }
            }

            if (hasLength && sofar.Length >= needed)
            {
                message = sofar[MessageHeaderBytes..needed];
                return ReadStatus.Done;
            }

            if (!isWhole)
            {
                return ReadStatus.NeedMore;
            }
        }
    }

    private static bool IsAll(ReadOnlySpan<byte> fragment) =>
        fragment.Length >= MessageHeaderBytes && fragment.Length >= MessageHeaderBytes + MessageLength(fragment);

    private static int MessageLength(ReadOnlySpan<byte> message) => (message[1] << 16) | (message[2] << 8) | message[3];

    /// <summary>One record, or what has come of it.</summary>
    private static ReadStatus TryRecord(scoped ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> fragment, out bool isWhole)
    {
        fragment = default;
        isWhole = false;
        if (input.IsEmpty)
        {
            return ReadStatus.NeedMore;
        }

        // legacy_record_version is 0x0301 or 0x0303 (RFC 8446 §5.1); any 3.x is let through, the server decides.
        if (input[0] != HandshakeRecord || (input.Length > 1 && input[1] != 3))
        {
            return ReadStatus.Malformed;
        }

        if (input.Length < RecordHeaderBytes)
        {
            return ReadStatus.NeedMore;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(input[3..]);
        if (length is 0 or > RecordBytesMax)
        {
            return ReadStatus.Malformed; // §5.1: no empty handshake fragments
        }

        ReadOnlySpan<byte> rest = input[RecordHeaderBytes..];
        isWhole = rest.Length >= length;
        fragment = isWhole ? rest[..length] : rest;
        input = isWhole ? rest[length..] : default;
        return ReadStatus.Done;
    }

    /// <summary>version(2) random(32) session_id&lt;0..32&gt; cipher_suites&lt;2..&gt; compression&lt;1..&gt; extensions.</summary>
    private static bool TryBody(ReadOnlySpan<byte> body, out ClientHello hello)
    {
        const int versionAndRandom = 34;
        hello = default;
        if (body.Length < versionAndRandom)
        {
            return false;
        }

        body = body[versionAndRandom..];
        if (!TryVector(ref body, 1, out ReadOnlySpan<byte> session) || session.Length > 32
            || !TryVector(ref body, 2, out ReadOnlySpan<byte> suites) || suites.Length < 2 || suites.Length % 2 != 0
            || !TryVector(ref body, 1, out ReadOnlySpan<byte> compressions) || compressions.IsEmpty)
        {
            return false;
        }

        if (body.IsEmpty)
        {
            return true; // TLS 1.2 without extensions
        }

        return TryVector(ref body, 2, out ReadOnlySpan<byte> extensions) && body.IsEmpty && TryExtensions(extensions, out hello);
    }

    private static bool TryExtensions(ReadOnlySpan<byte> extensions, out ClientHello hello)
    {
        hello = default;
        ReadOnlySpan<byte> name = default;
        ReadOnlySpan<byte> alpn = default;
        bool tls13 = false;
        int seen = 0;
        while (!extensions.IsEmpty)
        {
            if (extensions.Length < 2)
            {
                return false;
            }

            int type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            extensions = extensions[2..];
            if (!TryVector(ref extensions, 2, out ReadOnlySpan<byte> data))
            {
                return false;
            }

            int bit = type switch { 0 => 1, 16 => 2, 43 => 4, _ => 0 };
            if ((seen & bit) != 0)
            {
                return false; // RFC 8446 §4.2: each at most once; two server names would be two routes
            }

            seen |= bit;
            bool ok = type switch
            {
                0 => TryServerName(data, out name),
                16 => TryAlpn(data, out alpn),
                43 => TryVersions(data, out tls13),
                _ => true,
            };
            if (!ok)
            {
                return false;
            }
        }

        hello = new ClientHello(name, alpn, tls13);
        return true;
    }

    /// <summary>ServerNameList with one host_name (RFC 6066 §3).</summary>
    private static bool TryServerName(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!TryVector(ref data, 2, out ReadOnlySpan<byte> list) || !data.IsEmpty || list.IsEmpty || list[0] != 0)
        {
            return false;
        }

        list = list[1..];
        return TryVector(ref list, 2, out name) && list.IsEmpty && name.Length is > 0 and <= HostRule.HostBytesMax
            && !name.ContainsAnyExcept(Octets.HostName);
    }

    private static bool TryAlpn(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> names)
    {
        if (!TryVector(ref data, 2, out names) || !data.IsEmpty || names.IsEmpty)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = names;
        while (!rest.IsEmpty)
        {
            if (!TryVector(ref rest, 1, out ReadOnlySpan<byte> name) || name.IsEmpty)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryVersions(ReadOnlySpan<byte> data, out bool tls13)
    {
        tls13 = false;
        if (!TryVector(ref data, 1, out ReadOnlySpan<byte> versions) || !data.IsEmpty || versions.IsEmpty || versions.Length % 2 != 0)
        {
            return false;
        }

        for (; !versions.IsEmpty; versions = versions[2..])
        {
            tls13 |= BinaryPrimitives.ReadUInt16BigEndian(versions) == 0x0304;
        }

        return true;
    }

    /// <summary>A vector behind its length of one or two bytes (RFC 8446 §3.4).</summary>
    private static bool TryVector(scoped ref ReadOnlySpan<byte> input, int lengthBytes, out ReadOnlySpan<byte> vector)
    {
        vector = default;
        if (input.Length < lengthBytes)
        {
            return false;
        }

        int length = lengthBytes == 1 ? input[0] : BinaryPrimitives.ReadUInt16BigEndian(input);
        if (input.Length - lengthBytes < length)
        {
            return false;
        }

        vector = input.Slice(lengthBytes, length);
        input = input[(lengthBytes + length)..];
        return true;
    }
}
