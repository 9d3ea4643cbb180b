using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Weft.World.Names;

/// <summary>One question that came, as it was sent.</summary>
internal sealed record Asked(byte[] Message, string Name, int Type, bool OverTcp, EndPoint From)
{
    public int Id => BinaryPrimitives.ReadUInt16BigEndian(Message);

    /// <summary>RFC 6891: it says what it takes over UDP.</summary>
    public bool HasOptions => Message[11] == 1;
}

/// <summary>A name server on a free port of 127.0.0.1, UDP and TCP, with records and misdeeds of its own; written without Weft.Wire, to disagree with it where it is wrong.</summary>
internal sealed class DnsServer : IAsyncDisposable
{
    public const int A = 1;
    public const int Aaaa = 28;

    private readonly ConcurrentDictionary<(string Name, int Type), byte[][]> _records = new();
    private readonly ConcurrentDictionary<string, uint> _missing = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _udp;
    private readonly TcpListener _tcp;
    private readonly List<Task> _running = [];

    private DnsServer(Socket udp, TcpListener tcp)
    {
        _udp = udp;
        _tcp = tcp;
        _running.Add(ServeDatagramsAsync());
        _running.Add(ServeConnectionsAsync());
    }

    public int Port => ((IPEndPoint)_udp.LocalEndPoint!).Port;

    public ConcurrentQueue<Asked> Questions { get; } = new();

    /// <summary>Instead of the records: the messages sent for a question; none is silence.</summary>
    public Func<Asked, IEnumerable<byte[]>>? Misdeed { get; set; }

    public static DnsServer Start(int port = 0)
    {
        while (true)
        {
            var tcp = new TcpListener(IPAddress.Loopback, port);
            tcp.Start();
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                udp.Bind(new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)tcp.LocalEndpoint).Port));
                return new DnsServer(udp, tcp);
            }
            catch (SocketException) when (port == 0)
            {
                udp.Dispose(); // somebody else has this number for datagrams: take another
                tcp.Dispose();
            }
        }
    }

    public void Set(string name, uint ttl, params string[] addresses)
    {
        _missing.TryRemove(name, out _);
        byte[][] all = [.. addresses.Select(a => Record(name, ttl, IPAddress.Parse(a)))];
        _records[(name, A)] = [.. all.Where(r => r.Length > 0 && IsType(r, name, A))];
        _records[(name, Aaaa)] = [.. all.Where(r => IsType(r, name, Aaaa))];
    }

    public void SetAlias(string name, uint ttl, string target)
    {
        foreach (int type in (int[])[A, Aaaa])
        {
            _records[(name, type)] = [Record(name, 5, ttl, Name(target)), .. _records.GetValueOrDefault((target, type), [])];
        }
    }

    /// <summary>The name does not exist, and may be remembered so for as long.</summary>
    public void Remove(string name, uint negativeTtl)
    {
        _records.TryRemove((name, A), out _);
        _records.TryRemove((name, Aaaa), out _);
        _missing[name] = negativeTtl;
    }

    public byte[] Answer(Asked question)
    {
        if (_records.TryGetValue((question.Name, question.Type), out byte[][]? found))
        {
            return Reply(question, 0, found, found.Length == 0 ? Soa(60) : []);
        }

        return Reply(question, 3, [], Soa(_missing.GetValueOrDefault(question.Name, 60u)));
    }

    public static byte[] Reply(Asked question, int code, byte[][] answers, byte[] authority, bool truncated = false, int? id = null)
    {
        var message = new List<byte>();
        byte[] head = new byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)(id ?? question.Id));
        head[2] = (byte)(0x81 | (truncated ? 2 : 0));
        head[3] = (byte)(0x80 | code);
        head[5] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), (ushort)answers.Length);
        head[9] = (byte)(authority.Length > 0 ? 1 : 0);
        message.AddRange(head);
        message.AddRange(Name(question.Name));
        message.AddRange([(byte)(question.Type >> 8), (byte)question.Type, 0, 1]);
        foreach (byte[] answer in answers)
        {
            message.AddRange(answer);
        }

        message.AddRange(authority);
        return [.. message];
    }

    public static byte[] Record(string name, uint ttl, IPAddress address) =>
        Record(name, address.AddressFamily == AddressFamily.InterNetwork ? A : Aaaa, ttl, address.GetAddressBytes());

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        await Task.WhenAll(_running);
        _stop.Dispose();
    }

    private static byte[] Record(string name, int type, uint ttl, byte[] data)
    {
        byte[] fixedPart = new byte[10];
        BinaryPrimitives.WriteUInt16BigEndian(fixedPart, (ushort)type);
        fixedPart[3] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(fixedPart.AsSpan(4), ttl);
        BinaryPrimitives.WriteUInt16BigEndian(fixedPart.AsSpan(8), (ushort)data.Length);
        return [.. Name(name), .. fixedPart, .. data];
    }

    private static byte[] Soa(uint minimum)
    {
        byte[] numbers = new byte[20];
        BinaryPrimitives.WriteUInt32BigEndian(numbers.AsSpan(16), minimum);
        return Record("test", 6, 3600, [.. Name("ns.test"), .. Name("admin.test"), .. numbers]);
    }

    private static bool IsType(byte[] record, string name, int type) => record[Name(name).Length + 1] == type;

    private static byte[] Name(string name) => [.. name.Split('.').SelectMany(l => Encoding.ASCII.GetBytes(l).Prepend((byte)l.Length)), 0];

    private IEnumerable<byte[]> Answers(byte[] message, bool overTcp, EndPoint from)
    {
        int at = 12;
        var labels = new List<string>();
        while (message[at] != 0)
        {
            labels.Add(Encoding.ASCII.GetString(message, at + 1, message[at]));
            at += 1 + message[at];
        }

        var question = new Asked(message, string.Join('.', labels), message[at + 2], overTcp, from);
        Questions.Enqueue(question);
        return Misdeed is { } misdeed ? misdeed(question) : [Answer(question)];
    }

    private async Task ServeDatagramsAsync()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (true)
            {
                SocketReceiveFromResult got = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                foreach (byte[] answer in Answers(buffer[..got.ReceivedBytes], overTcp: false, got.RemoteEndPoint))
                {
                    await _udp.SendToAsync(answer, SocketFlags.None, got.RemoteEndPoint, _stop.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeConnectionsAsync()
    {
        try
        {
            while (true)
            {
                using Socket client = await _tcp.AcceptSocketAsync(_stop.Token);
                await using var stream = new NetworkStream(client);
                byte[] length = new byte[2];
                await stream.ReadExactlyAsync(length, _stop.Token);
                byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(message, _stop.Token);
                foreach (byte[] answer in Answers(message, overTcp: true, client.RemoteEndPoint!))
                {
                    byte[] framed = [(byte)(answer.Length >> 8), (byte)answer.Length, .. answer];
                    await stream.WriteAsync(framed.AsMemory(0, 1), _stop.Token); // how bytes arrive never matters
                    await stream.WriteAsync(framed.AsMemory(1), _stop.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException or IOException)
        {
            // The test is over.
        }
    }
}
