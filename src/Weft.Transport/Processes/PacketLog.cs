using System.Buffers.Binary;
using System.Net;

namespace Weft.Transport.Processes;

/// <summary>A packet that nftables logged: what somebody tried to send where.</summary>
public readonly record struct LoggedPacket(byte Protocol, IPEndPoint Destination);

/// <summary>
/// Receives the packets of one nftables <c>log group</c> of the caller's network namespace (nfnetlink_log). Used by
/// the pod agent's thread only.
/// </summary>
public sealed unsafe class PacketLog : IDisposable
{
    private const ushort ConfigMessage = (4 << 8) | 1; // NFNL_SUBSYS_ULOG, NFULNL_MSG_CONFIG
    private const ushort PacketMessage = 4 << 8;       // NFNL_SUBSYS_ULOG, NFULNL_MSG_PACKET
    private const ushort RequestWithAck = 1 | 4;
    private const int HeaderBytes = 16;                // struct nlmsghdr
    private const int FamilyBytes = 4;                 // struct nfgenmsg
    private const ushort AttributeCommand = 1;         // NFULA_CFG_CMD
    private const ushort AttributeMode = 2;            // NFULA_CFG_MODE
    private const ushort AttributeThreshold = 5;       // NFULA_CFG_QTHRESH
    private const ushort AttributePayload = 9;         // NFULA_PAYLOAD
    private const byte CommandBind = 1;
    private const byte CopyPacket = 2;
    private const int CopiedBytes = 128;
    private const int MessageBytesMax = 16 << 10;

    private readonly ushort _group;

    private PacketLog(int fd, ushort group)
    {
        Fd = fd;
        _group = group;
    }

    public int Fd { get; }

    /// <summary>Null where the kernel has no nfnetlink_log: then packets are only counted.</summary>
    public static PacketLog? TryOpen(ushort group)
    {
        int fd = ProcessCalls.socket(ProcessCalls.AF_NETLINK, ProcessCalls.SOCK_RAW | ProcessCalls.SOCK_CLOEXEC, ProcessCalls.NETLINK_NETFILTER);
        if (fd < 0) { return null; }
        var log = new PacketLog(fd, group);
        Span<byte> mode = stackalloc byte[6];
        BinaryPrimitives.WriteInt32BigEndian(mode, CopiedBytes);
        mode[4] = CopyPacket;
        mode[5] = 0;
        Span<byte> atOnce = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(atOnce, 1); // do not gather: a notice a second late is a riddle
        if (log.Configure(AttributeCommand, [CommandBind]) && log.Configure(AttributeMode, mode) && log.Configure(AttributeThreshold, atOnce))
        {
            Descriptor.SetBlocking(fd, blocking: false);
            return log;
        }

        log.Dispose();
        return null;
    }

    public void Dispose() => Descriptor.Close(Fd);

    /// <summary>Hands over what has arrived; returns when there is no more.</summary>
    public void Drain(Action<LoggedPacket> found)
    {
        byte[] buffer = new byte[MessageBytesMax];
        for (int n = Descriptor.Read(Fd, buffer); n > 0; n = Descriptor.Read(Fd, buffer))
        {
            ReadOnlySpan<byte> rest = buffer.AsSpan(0, n);
            while (rest.Length >= HeaderBytes + FamilyBytes)
            {
                int length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                if (length < HeaderBytes + FamilyBytes || length > rest.Length) { break; }
                if (BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]) == PacketMessage && TryRead(rest[(HeaderBytes + FamilyBytes)..length], out LoggedPacket packet))
                {
                    found(packet);
                }

                rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
            }
        }
    }

    /// <summary>The attributes of one packet message; the payload begins with the IP header.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> attributes, out LoggedPacket packet)
    {
        packet = default;
        while (attributes.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            int type = BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & 0x3fff;
            if (length < 4 || length > attributes.Length) { return false; }
            if (type == AttributePayload) { return TryReadIp(attributes[4..length], out packet); }
            attributes = attributes[Math.Min((length + 3) & ~3, attributes.Length)..];
        }

        return false;
    }

    // RFC 791 §3.1, RFC 8200 §3. Ports stand first in TCP and UDP headers; extension headers are not followed.
    private static bool TryReadIp(ReadOnlySpan<byte> ip, out LoggedPacket packet)
    {
        packet = default;
        if (ip.Length < 20) { return false; }
        bool v6 = ip[0] >> 4 == 6;
        int headerBytes = v6 ? 40 : (ip[0] & 0xf) * 4;
        if (ip.Length < headerBytes) { return false; }
        byte protocol = v6 ? ip[6] : ip[9];
        var address = new IPAddress(v6 ? ip.Slice(24, 16) : ip.Slice(16, 4));
        bool hasPorts = protocol is 6 or 17 && ip.Length >= headerBytes + 4;
        packet = new LoggedPacket(protocol, new IPEndPoint(address, hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(ip[(headerBytes + 2)..]) : 0));
        return true;
    }

    private bool Configure(ushort attribute, ReadOnlySpan<byte> value)
    {
        Span<byte> message = stackalloc byte[HeaderBytes + FamilyBytes + 4 + 8];
        message.Clear();
        int attributeLength = 4 + value.Length;
        int length = HeaderBytes + FamilyBytes + ((attributeLength + 3) & ~3);
        BinaryPrimitives.WriteInt32LittleEndian(message, length);
        BinaryPrimitives.WriteUInt16LittleEndian(message[4..], ConfigMessage);
        BinaryPrimitives.WriteUInt16LittleEndian(message[6..], RequestWithAck);
        BinaryPrimitives.WriteUInt16BigEndian(message[(HeaderBytes + 2)..], _group);
        BinaryPrimitives.WriteUInt16LittleEndian(message[(HeaderBytes + FamilyBytes)..], (ushort)attributeLength);
        BinaryPrimitives.WriteUInt16LittleEndian(message[(HeaderBytes + FamilyBytes + 2)..], attribute);
        value.CopyTo(message[(HeaderBytes + FamilyBytes + 4)..]);
        if (!Descriptor.SendAll(Fd, message[..length])) { return false; }

        // struct nlmsgerr follows the header: error 0 is the acknowledgement.
        Span<byte> answer = stackalloc byte[256];
        int n = Descriptor.Read(Fd, answer);
        return n >= HeaderBytes + 4 && BinaryPrimitives.ReadInt32LittleEndian(answer[HeaderBytes..]) == 0;
    }
}
