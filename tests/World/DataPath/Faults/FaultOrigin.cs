using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Weft.World.DataPath.Faults;

/// <summary>How an origin treats one request; the request's path says it: /f/ID/BEHAVIOUR/BYTES.</summary>
internal enum Behaviour
{
    Answers,
    AnswersChunked,
    AnswersUntilClose,
    AnswersSlowly,
    AnswersBeforeContent,
    ResetsAtOnce,
    ResetsInContent,
    TruncatesContent,
    TruncatesChunks,
    StallsInContent,
    Hangs,
    TalksGarbage,
}

/// <summary>The application behind the inbound proxy, as bad as it is told. Wrong bytes that reach it are remembered.</summary>
internal sealed class FaultOrigin : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    private readonly TcpListener _http = new(IPAddress.Loopback, 0);
    private readonly TcpListener _opaque = new(IPAddress.Loopback, 0);

    internal FaultOrigin()
    {
        _http.Start();
        _opaque.Start();
        _ = AcceptAsync(_http, ServeAsync);
        _ = AcceptAsync(_opaque, EchoAsync);
    }

    internal int HttpPort => ((IPEndPoint)_http.LocalEndpoint).Port;

    internal int OpaquePort => ((IPEndPoint)_opaque.LocalEndpoint).Port;

    internal ConcurrentQueue<string> Wrong { get; } = new();

    /// <summary>Requests that have not ended, and how they are treated.</summary>
    internal ConcurrentDictionary<int, Behaviour> Open { get; } = new();

    public void Dispose()
    {
        _http.Dispose();
        _opaque.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener, Func<Wire, Task> serve)
    {
        while (true)
        {
            try
            {
                _ = RunAsync(serve, new Wire(await listener.AcceptSocketAsync()));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task RunAsync(Func<Wire, Task> serve, Wire wire)
    {
        using (wire)
        {
            try
            {
                await serve(wire);
            }
            catch (TimeoutException)
            {
                Wrong.Enqueue("a connection to the origin was left without an end");
            }
        }
    }

    private async Task ServeAsync(Wire wire)
    {
        while (await wire.ReadHeadAsync() is { } head)
        {
            string[] path = head.Split(' ')[1].Split('/');
            int id = int.Parse(path[2], CultureInfo.InvariantCulture), size = int.Parse(path[4], CultureInfo.InvariantCulture);
            Behaviour behaviour = Enum.Parse<Behaviour>(path[3]);
            Open[id] = behaviour;
            bool goesOn = await ServeAsync(wire, head, id, behaviour, size);
            Open.TryRemove(id, out _);
            if (!goesOn)
            {
                return;
            }
        }
    }

    private async Task<bool> ServeAsync(Wire wire, string head, int id, Behaviour behaviour, int size)
    {
        if (behaviour is Behaviour.AnswersBeforeContent)
        {
            return await AnswerAsync(wire, id, behaviour, size) && await TakeContentAsync(wire, head, id);
        }

        return await TakeContentAsync(wire, head, id) && await AnswerAsync(wire, id, behaviour, size);
    }

    /// <summary>False: it never ended, and the connection did.</summary>
    private async Task<bool> TakeContentAsync(Wire wire, string head, int id)
    {
        var content = new ContentReader(wire, id);
        bool whole = await content.ReadAsync(head, isRequest: true);
        if (content.Wrong is { } wrong)
        {
            Wrong.Enqueue($"the origin got {wrong}");
        }

        return whole;
    }

    /// <summary>True: the connection takes another request.</summary>
    private static async Task<bool> AnswerAsync(Wire wire, int id, Behaviour behaviour, int size)
    {
        byte[] content = Pattern.Make(id, 0, size);
        string start = $"HTTP/1.1 200 OK\r\nx-id: {id}\r\n";
        string counted = $"{start}content-length: {size}\r\n\r\n";
        switch (behaviour)
        {
            case Behaviour.Answers or Behaviour.AnswersBeforeContent:
                return await wire.SendAsync(counted) && await wire.SendAsync(content);
            case Behaviour.AnswersChunked or Behaviour.TruncatesChunks:
                bool whole = behaviour is Behaviour.AnswersChunked;
                return await wire.SendAsync($"{start}transfer-encoding: chunked\r\n\r\n") && await SendChunksAsync(wire, content, whole) && whole;
            case Behaviour.AnswersUntilClose:
                _ = await wire.SendAsync($"{start}connection: close\r\n\r\n") && await wire.SendAsync(content);
                wire.FinishSending();
                await wire.DrainAsync();
                return false;
            case Behaviour.AnswersSlowly:
                return await wire.SendAsync(counted) && await SendSlowlyAsync(wire, content);
            case Behaviour.TalksGarbage:
                await wire.SendAsync("HTTP/1.1 2xx \0\r\nnonsense\r\n\r\n");
                return false;
            case Behaviour.Hangs:
                await wire.DrainAsync();
                return false;
            case Behaviour.ResetsAtOnce:
                wire.Reset();
                return false;
            default:
                _ = await wire.SendAsync(counted) && await wire.SendAsync(content.AsMemory(0, size / 2));
                if (behaviour is Behaviour.ResetsInContent)
                {
                    wire.Reset();
                }
                else if (behaviour is Behaviour.StallsInContent)
                {
                    await wire.DrainAsync();
                }

                return false;
        }
    }

    private static async Task<bool> SendChunksAsync(Wire wire, byte[] content, bool withEnd)
    {
        const int ChunkBytes = 3_000;
        for (int at = 0; at < content.Length; at += ChunkBytes)
        {
            int count = Math.Min(ChunkBytes, content.Length - at);
            byte[] chunk = [.. System.Text.Encoding.ASCII.GetBytes($"{count:x}\r\n"), .. content.AsSpan(at, count), .. "\r\n"u8];
            if (!await wire.SendAsync(chunk))
            {
                return false;
            }
        }

        return !withEnd || await wire.SendAsync("0\r\n\r\n");
    }

    private static async Task<bool> SendSlowlyAsync(Wire wire, byte[] content)
    {
        const int Pieces = 8;
        int piece = (content.Length / Pieces) + 1;
        using var pause = new PeriodicTimer(s_pause);
        for (int at = 0; at < content.Length; at += piece)
        {
            if (!await wire.SendAsync(content.AsMemory(at, Math.Min(piece, content.Length - at))))
            {
                return false;
            }

            await pause.WaitForNextTickAsync();
        }

        return true;
    }

    /// <summary>Opaque: four bytes of a number, then its pattern, given back as it came; then an end for an end.</summary>
    private async Task EchoAsync(Wire wire)
    {
        while (wire.Unread.Length < sizeof(int) && await wire.FillAsync())
        {
        }

        if (wire.Unread.Length < sizeof(int))
        {
            return;
        }

        int id = BitConverter.ToInt32(wire.Unread);
        wire.Take(sizeof(int));
        long at = 0;
        bool more = true;
        while (more)
        {
            byte[] piece = wire.Unread.ToArray();
            wire.Take(piece.Length);
            if (Pattern.FirstWrong(id, at, piece) is >= 0 and var wrong)
            {
                Wrong.Enqueue($"the origin got a wrong byte {wrong} of opaque {id}");
            }

            at += piece.Length;
            more = await wire.SendAsync(piece) && await wire.FillAsync();
        }

        wire.FinishSending();
    }
}
