using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;

namespace Weft.World.DataPath.Faults;

/// <summary>How a client treats its connection.</summary>
internal enum Manner
{
    Asks,
    AsksOften,
    Posts,
    PostsChunked,
    Pipelines,
    FinishesSending,
    ReadsSlowly,
    ResetsAfterHead,
    ResetsInContent,
    ClosesInContent,
    StallsInHead,
    StallsInContent,
    ConnectsOnly,
    TalksGarbage,
    CutsHandshake,
    TalksGarbageInHandshake,
    ResetsAfterHandshake,
    Tunnels,
    ResetsTunnel,
}

/// <summary>What became of one request, as its client saw it.</summary>
/// <param name="Status">0: no answer.</param>
/// <param name="IsWhole">The answer came to its end.</param>
/// <param name="IsAwaited">The client stayed until the end, so the proxy must have recorded one.</param>
/// <param name="IsOrigins">The answer is the origin's, not the proxy's.</param>
internal sealed record Sight(int Id, int Status, bool IsWhole, bool IsAwaited, bool IsOrigins);

/// <summary>One stream of connections, each as its seed says. Wrong bytes and missing ends are remembered, all else is seen.</summary>
internal sealed class FaultClient(FaultWorld world, Random random, Func<int> nextId)
{
    private const int SmallWindow = 4 << 10;

    internal ConcurrentQueue<string> Wrong { get; } = new();

    internal ConcurrentQueue<Sight> Seen { get; } = new();

    /// <summary>Our addresses of opaque connections that ended early: the proxy must know why.</summary>
    internal ConcurrentQueue<string> CutTunnels { get; } = new();

    internal int Connections { get; private set; }

    /// <summary>One connection from its start to its end.</summary>
    internal async Task StepAsync()
    {
        Connections++;
        Manner manner = Enum.GetValues<Manner>()[random.Next(Enum.GetValues<Manner>().Length)];
        try
        {
            await (manner switch
            {
                Manner.CutsHandshake or Manner.TalksGarbageInHandshake or Manner.ResetsAfterHandshake => HandshakeAsync(manner),
                Manner.Tunnels or Manner.ResetsTunnel => TunnelAsync(manner),
                _ => HttpAsync(manner),
            });
        }
        catch (TimeoutException)
        {
            Wrong.Enqueue($"{manner}: left without an end");
        }
    }

    private async Task HttpAsync(Manner manner)
    {
        using Wire wire = await Wire.ConnectAsync(world.HttpPort, manner is Manner.ReadsSlowly ? SmallWindow : 0);
        switch (manner)
        {
            case Manner.ConnectsOnly:
                return;
            case Manner.TalksGarbage:
                await wire.SendAsync("GET /x\0 HTTP/1.1\r\nHost: api.default:9080\r\n\r\n");
                await ExpectStatusAsync(wire, 400);
                return;
            case Manner.StallsInHead:
                await wire.SendAsync($"GET /f/{nextId()}/Answers/1 HTTP/1.1\r\nHost: api");
                await ExpectStatusAsync(wire, 408);
                return;
            case Manner.Pipelines:
                await PipelineAsync(wire);
                return;
            case Manner.AsksOften:
                for (int i = random.Next(2, 8); i > 0 && await AskAsync(wire, Manner.Asks); i--)
                {
                }

                return;
            default:
                await AskAsync(wire, manner);
                return;
        }
    }

    /// <summary>False: the connection takes no further request.</summary>
    private async Task<bool> AskAsync(Wire wire, Manner manner)
    {
        int id = nextId();
        int size = random.Next(8) == 0 ? random.Next(1 << 20) : random.Next(5_000);
        string head = $"{Path(id, size)} HTTP/1.1\r\nHost: api.default:9080\r\n";
        if (manner is Manner.Posts or Manner.PostsChunked or Manner.ResetsInContent or Manner.ClosesInContent or Manner.StallsInContent)
        {
            await SendContentAsync(wire, manner, id, "POST " + head);
        }
        else
        {
            await wire.SendAsync($"GET {head}\r\n");
        }

        switch (manner)
        {
            case Manner.ResetsAfterHead or Manner.ResetsInContent:
                wire.Reset();
                Seen.Enqueue(new Sight(id, 0, IsWhole: false, IsAwaited: false, IsOrigins: false));
                return false;
            case Manner.ClosesInContent:
                wire.FinishSending();
                break;
            case Manner.FinishesSending:
                wire.FinishSending();
                break;
            case Manner.ReadsSlowly:
                await PauseAsync();
                break;
        }

        return await ReadAsync(wire, id, size);
    }

    private async Task PipelineAsync(Wire wire)
    {
        var asked = new List<(int Id, int Size)>();
        var text = new StringBuilder();
        for (int i = 0; i < 4; i++)
        {
            (int id, int size) = (nextId(), random.Next(20_000));
            asked.Add((id, size));
            text.Append($"GET {Path(id, size)} HTTP/1.1\r\nHost: api.default:9080\r\n\r\n");
        }

        await wire.SendAsync(text.ToString());
        foreach ((int id, int size) in asked)
        {
            if (!await ReadAsync(wire, id, size))
            {
                return;
            }
        }
    }

    private string Path(int id, int size)
    {
        Behaviour behaviour = random.Next(2) == 0 ? Behaviour.Answers : Enum.GetValues<Behaviour>()[random.Next(Enum.GetValues<Behaviour>().Length)];
        return $"/f/{id}/{behaviour}/{size}";
    }

    private async Task SendContentAsync(Wire wire, Manner manner, int id, string head)
    {
        byte[] content = Pattern.Make(id, 0, random.Next(1, 200_000));
        if (manner is Manner.PostsChunked)
        {
            await wire.SendAsync($"{head}Transfer-Encoding: chunked\r\n\r\n{content.Length:x}\r\n");
            await wire.SendAsync(content);
            await wire.SendAsync("\r\n0\r\n\r\n");
            return;
        }

        await wire.SendAsync($"{head}Content-Length: {content.Length}\r\n\r\n");
        await wire.SendAsync(manner is Manner.Posts ? content : content.AsMemory(0, content.Length / 2));
    }

    private async Task<bool> ReadAsync(Wire wire, int id, int size)
    {
        string? head = await wire.ReadHeadAsync();
        if (head is null)
        {
            Seen.Enqueue(new Sight(id, 0, IsWhole: false, IsAwaited: true, IsOrigins: false));
            return false;
        }

        int status = int.Parse(head.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
        string? origin = ContentReader.Field(head, "x-id");
        if (origin is null)
        {
            bool whole = await new ContentReader(wire, 0).ReadAsync(head, isRequest: false); // the proxy's own words
            Seen.Enqueue(new Sight(id, status, whole, IsAwaited: true, IsOrigins: false));
            return whole && ContentReader.Field(head, "connection") is not "close";
        }

        var content = new ContentReader(wire, id);
        bool isWhole = await content.ReadAsync(head, isRequest: false);
        if (origin != $"{id}" || content.Wrong is not null || (isWhole && content.Bytes != size))
        {
            Wrong.Enqueue($"{id} got the answer of {origin}, {content.Bytes} of {size} bytes, {content.Wrong}");
        }

        Seen.Enqueue(new Sight(id, status, isWhole, IsAwaited: true, IsOrigins: true));
        return isWhole && ContentReader.Field(head, "connection") is not "close";
    }

    private async Task ExpectStatusAsync(Wire wire, int status)
    {
        string? head = await wire.ReadHeadAsync();
        if (head?.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal) is not true)
        {
            Wrong.Enqueue($"expected {status}, got {head}");
        }
    }

    private async Task TunnelAsync(Manner manner)
    {
        int id = nextId();
        byte[] content = Pattern.Make(id, 0, random.Next(100_000));
        using Wire wire = await Wire.ConnectAsync(world.TunnelPort);
        string address = $"127.0.0.1:{((System.Net.IPEndPoint)wire.Socket.LocalEndPoint!).Port}"; // as the proxy sees it; connected, it has one
        await wire.SendAsync(BitConverter.GetBytes(id));
        if (manner is Manner.ResetsTunnel)
        {
            await wire.SendAsync(content.AsMemory(0, content.Length / 2));
            wire.Reset();
            return;
        }

        Task<bool> sending = wire.SendAsync(content);
        var back = new ContentReader(wire, id);
        Task<bool> reading = back.ReadAsync($"x\r\ncontent-length: {content.Length}", isRequest: true);
        await sending;
        wire.FinishSending();
        bool isWhole = await reading;
        if (back.Wrong is not null || (isWhole && await wire.FillAsync()))
        {
            Wrong.Enqueue($"tunnel {id}: {back.Bytes} of {content.Length} bytes came back, {back.Wrong}");
        }
        else if (!isWhole)
        {
            CutTunnels.Enqueue(address);
        }
    }

    private async Task HandshakeAsync(Manner manner)
    {
        using Wire wire = await Wire.ConnectAsync(world.InboundPort);
        if (manner is not Manner.ResetsAfterHandshake)
        {
            byte[] bytes = manner is Manner.CutsHandshake ? [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3, .. Pattern.Make(1, 0, random.Next(300))] : Pattern.Make(7, 0, 500);
            await wire.SendAsync(bytes);
            if (random.Next(2) == 0)
            {
                wire.FinishSending();
                await wire.DrainAsync();
            }

            return;
        }

        // TLS that ends without close_notify, before a request or in one.
        using var tls = new SslStream(new System.Net.Sockets.NetworkStream(wire.Socket));
        try
        {
            await tls.AuthenticateAsClientAsync(FaultTls.Client(world.Authority)).WaitAsync(Wire.Patience);
            await tls.WriteAsync(Encoding.ASCII.GetBytes("GET /f/0/Answers/1 HTTP/1.1\r\nHost: a\r\n"[..random.Next(30)]));
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // on its fast clock the proxy may have given up a slow handshake
        }

        wire.Reset();
    }

    /// <summary>Long enough that the windows between fill up.</summary>
    private static async Task PauseAsync()
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        await pause.WaitForNextTickAsync();
    }
}
