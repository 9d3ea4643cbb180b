using System.Buffers.Binary;
using System.Security.Cryptography;
using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Dns;

namespace Weft.Proxy.Dns;

/// <summary>Asks the host's servers one question: each over UDP, over TCP where the answer does not fit (RFC 1035 §4.2, RFC 7766). Control loop only.</summary>
/// <remarks>
/// Against forged answers (RFC 5452): every question has a socket of its own, connected to the one server that may answer, so that the kernel draws
/// its port and drops what others send; its id is random; the answer must repeat the question.
/// </remarks>
internal sealed class DnsAsker(EventLoop loop, int port = DnsAsker.UsualPort)
{
    private const int UsualPort = 53;

    private int _asked;

    /// <summary>The first definite answer, in the order of resolv.conf; null: no server had one.</summary>
    /// <param name="name">In wire form.</param>
    public async LoopTask<DnsReply?> AskAsync(byte[] name, ushort type, ResolverConfig config)
    {
        int first = config.Rotates ? _asked++ & int.MaxValue : 0;
        for (int attempt = 0; attempt < config.Attempts; attempt++)
        {
            for (int i = 0; i < config.Servers.Length; i++)
            {
                SocketTarget server = SocketTarget.Ip(config.Servers[(first + i) % config.Servers.Length], port);
                DnsReply? reply = await AskServerAsync(new Exchange(server, name, type, config.TimeoutSeconds * 1_000L), config.UsesTcp);
                if (reply is { IsDefinite: true, IsTruncated: false })
                {
                    return reply;
                }
            }
        }

        return null;
    }

    private async LoopTask<DnsReply?> AskServerAsync(Exchange exchange, bool usesTcp)
    {
        if (!usesTcp)
        {
            DnsReply? reply = await OverUdpAsync(exchange, withOptions: true);
            if (reply is { Code: DnsCode.FormatError or DnsCode.NotImplemented })
            {
                reply = await OverUdpAsync(exchange, withOptions: false); // RFC 6891 §7: it does not know EDNS
            }

            if (reply is not { IsTruncated: true })
            {
                return reply;
            }
        }

        return await OverTcpAsync(exchange);
    }

    private async LoopTask<DnsReply?> OverUdpAsync(Exchange exchange, bool withOptions)
    {
        if (!DatagramSocket.TryConnect(loop, exchange.Server, out DatagramSocket? socket, DnsQuery.UdpBytesMax))
        {
            return null;
        }

        var deadline = new Deadline(socket);
        loop.Schedule(deadline, exchange.TimeoutMs);
        ushort id = DrawId();
        byte[] query = new byte[DnsQuery.BytesMax];
        socket.Send(query.AsSpan(0, DnsQuery.Write(id, exchange.Name, exchange.Type, withOptions, query)));
        DnsReply? reply = null;
        for (int strangers = 0; reply is null && !socket.IsRefused && await socket.ReceiveAsync();)
        {
            if (DnsReplyReader.TryRead(socket.Datagram, id, exchange.Name, exchange.Type, out DnsReply read))
            {
                reply = read;
            }
            else if (++strangers == NameLimits.StrangersMax)
            {
                reply = read with { IsTruncated = true };
            }
        }

        loop.Cancel(deadline);
        socket.Close();
        return reply;
    }

    private async LoopTask<DnsReply?> OverTcpAsync(Exchange exchange)
    {
        Outcome<LoopConnection> dialed = await Connector.ConnectAsync(loop, exchange.Server, exchange.TimeoutMs);
        if (!dialed.TryGet(out LoopConnection? connection))
        {
            return null;
        }

        ushort id = DrawId();
        connection.InputBytesMax = ushort.MaxValue + sizeof(ushort);
        connection.SetReadDeadline(exchange.TimeoutMs);
        connection.Write(Framed(id, exchange));
        DnsReply? reply = null;
        while (reply is null)
        {
            if (await connection.ReadAsync() is not IoStatus.Ok)
            {
                break;
            }

            // RFC 1035 §4.2.2: the message behind its length.
            ReadOnlySpan<byte> input = connection.Input;
            int length = input.Length < sizeof(ushort) ? ushort.MaxValue : BinaryPrimitives.ReadUInt16BigEndian(input);
            if (input.Length - sizeof(ushort) >= length && !DnsReplyReader.TryRead(input.Slice(sizeof(ushort), length), id, exchange.Name, exchange.Type, out reply!))
            {
                reply = null;
                break;
            }
        }

        connection.Close();
        return reply;
    }

    private static byte[] Framed(ushort id, in Exchange exchange)
    {
        byte[] framed = new byte[sizeof(ushort) + DnsQuery.BytesMax];
        int length = DnsQuery.Write(id, exchange.Name, exchange.Type, withOptions: false, framed.AsSpan(sizeof(ushort)));
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)length);
        return framed[..(sizeof(ushort) + length)];
    }

    private static ushort DrawId() => BinaryPrimitives.ReadUInt16LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ushort)));

    private readonly record struct Exchange(SocketTarget Server, byte[] Name, ushort Type, long TimeoutMs);

    private sealed class Deadline(DatagramSocket socket) : LoopTimer
    {
        protected override void OnExpired() => socket.Close();
    }
}
