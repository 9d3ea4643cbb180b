using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Weft.Proxy.State;
using Weft.Proxy.State.Frontends;
using Weft.Transport;
using Weft.Wire.Dns;

namespace Weft.Proxy.Dns;

/// <summary>
/// The resolver of one pod: names of the mesh become their virtual addresses; others are resolved by the host, or do not exist where the mesh
/// allows registered names only. Control loop only.
/// </summary>
internal sealed class MeshResolver(EventLoop loop, MeshState mesh, NameClient host)
{
    /// <summary>Questions to the host under way at once; a further one is answered SERVFAIL, which clients try again.</summary>
    private const int HostQuestionsMax = 256;

    /// <summary>Seconds; short: a name may be given another address when its service is made anew.</summary>
    private const uint MeshTtlSeconds = 5;

    private const int TcpBytesMax = ushort.MaxValue;
    private const long TcpIdleMs = 10_000;

    private int _hostQuestions;

    public long Asked { get; private set; }

    public void ServeDatagrams(DatagramSocket socket) => loop.Supervise(DatagramsAsync(socket), "dns-udp");

    public void Accept(LoopConnection connection) => loop.Supervise(ConnectionAsync(connection), "dns-tcp");

    private async LoopTask DatagramsAsync(DatagramSocket socket)
    {
        while (await socket.ReceiveAsync())
        {
            byte[] query = socket.Datagram.ToArray();
            if (socket.Sender is { } sender)
            {
                loop.Supervise(AnswerDatagramAsync(socket, query, SocketTarget.Ip(sender)), "dns-answer");
            }
        }
    }

    private async LoopTask AnswerDatagramAsync(DatagramSocket socket, byte[] query, SocketTarget sender)
    {
        byte[] answer = await AnswerAsync(query, DnsAnswer.UdpBytesMax);
        if (answer.Length > 0)
        {
            socket.Send(answer, sender);
        }
    }

    // RFC 1035 §4.2.2: each message behind its length in two bytes.
    private async LoopTask ConnectionAsync(LoopConnection connection)
    {
        connection.InputBytesMax = TcpBytesMax + 2;
        while (true)
        {
            connection.SetReadDeadline(TcpIdleMs);
            while (connection.Input.Length < 2 || connection.Input.Length < 2 + BinaryPrimitives.ReadUInt16BigEndian(connection.Input))
            {
                if (await connection.ReadAsync() is not IoStatus.Ok)
                {
                    connection.Close();
                    return;
                }
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(connection.Input);
            byte[] query = connection.Input.Slice(2, length).ToArray();
            connection.Consume(2 + length);
            byte[] answer = await AnswerAsync(query, TcpBytesMax);
            byte[] head = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)answer.Length);
            connection.Write(head);
            connection.Write(answer);
        }
    }

    internal async LoopTask<byte[]> AnswerAsync(byte[] query, int bytesMax)
    {
        Asked++;
        if (!DnsQuestion.TryRead(query, out DnsQuestion question))
        {
            return DnsAnswer.Malformed(query);
        }

        ImmutableArray<FrontendModel> known = mesh.Frontends.FindByName(question.Name);
        if (!known.IsEmpty)
        {
            return DnsAnswer.Write(query, question, DnsCode.NoError, new DnsAddresses(Wanted(question.Type, known.SelectMany(f => f.VirtualAddresses)), MeshTtlSeconds), bytesMax);
        }

        // Nobody outside knows the names of the mesh, and a name under its domain must not leak there.
        bool isOurs = question.Name.EndsWith(".cluster.local", StringComparison.OrdinalIgnoreCase) || !question.Name.Contains('.', StringComparison.Ordinal);
        if (isOurs || mesh.Workload is not { AllowsAnyOutbound: true })
        {
            return DnsAnswer.Write(query, question, DnsCode.NameError, DnsAddresses.None, bytesMax);
        }

        return await AskHostAsync(query, question, bytesMax);
    }

    private async LoopTask<byte[]> AskHostAsync(byte[] query, DnsQuestion question, int bytesMax)
    {
        if (question.Type is not (DnsType.A or DnsType.Aaaa or DnsType.Any))
        {
            return DnsAnswer.Write(query, question, DnsCode.NoError, DnsAddresses.None, bytesMax);
        }

        if (_hostQuestions >= HostQuestionsMax)
        {
            return DnsAnswer.Write(query, question, DnsCode.ServerFailure, DnsAddresses.None, bytesMax);
        }

        _hostQuestions++;

        // RFC 8482 §4.1: a question for any type is answered with one of them.
        NameAnswer answer = await host.AskAsync(question.Name, question.Type == DnsType.Any ? DnsType.A : question.Type);
        _hostQuestions--;
        int code = answer.Status switch { NameStatus.Unknown => DnsCode.ServerFailure, NameStatus.NoName => DnsCode.NameError, _ => DnsCode.NoError };
        return DnsAnswer.Write(query, question, code, new DnsAddresses(answer.Addresses, answer.TtlSeconds(loop.NowMs)), bytesMax);
    }

    // A known name without an address of the wanted kind is NODATA: no error, no record (RFC 2308 §2.2).
    private static List<IPAddress> Wanted(ushort type, IEnumerable<IPAddress> addresses) =>
        [.. addresses.Where(a => type == DnsType.Any || a.AddressFamily == (type == DnsType.Aaaa ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork))];
}
