using Weft.Http.Http2;

namespace Weft.World.DataPath;

/// <summary>Requests to switch protocols, by either version, over one proxy and two, and what becomes of an application's answer that does not.</summary>
public sealed class UpgradeTests
{
    private const string Ask = "Connection: upgrade\r\nUpgrade: websocket\r\n";

    /// <summary>The application's whole answer, and the status that a client of HTTP/2 must see: any 2xx would tell it that its tunnel stands.</summary>
    private static readonly (string Answer, int Status)[] s_declined =
    [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 501),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 501),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 501),
        ("HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello", 501),
        ("HTTP/1.1 204 No Content\r\n\r\n", 501),
        ("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello", 501),
        ("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 501),
        ("HTTP/1.1 301 Moved Permanently\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n", 301),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nhello", 403),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello", 404),
        ("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n", 426),
        ("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nhello", 500),
    ];

    public static TheoryData<int, string, int> Declined => [.. new[] { 1, 2 }.SelectMany(hops => s_declined.Select(d => new TheoryDataRow<int, string, int>(hops, d.Answer, d.Status)))];

    private static RawOrigin Answering(string answer) => new(async c =>
    {
        while (await c.ReadHeadAsync() is not null)
        {
            await c.SendAsync(answer);
        }
    });

    /// <remarks>RFC 8441 §5, RFC 9110 §9.3.6; 501 as RFC 9220 §3 has it for a protocol that is not supported.</remarks>
    [Theory]
    [MemberData(nameof(Declined))]
    public async Task Upgrade_DeclinedToAClientOfHttp2_IsNotTakenForATunnel(int hops, string answer, int status)
    {
        using RawOrigin origin = Answering(answer);
        await using var kit = new PathKit();
        using Http2Asker asker = await Http2Asker.ConnectAsync(kit.Start(hops, origin));
        Http2Stream stream = await asker.UpgradeAsync("/ws");
        Assert.Equal(status, await asker.StatusAsync(stream));
        (byte[] content, Weft.Primitives.Fault fault) = await asker.ReadToEndAsync(stream);
        Assert.Equal(Weft.Primitives.Fault.None, fault);
        Assert.True(status != 404 || "hello"u8.SequenceEqual(content));
    }

    /// <remarks>RFC 9110 §7.8: a server may ignore Upgrade; the connection goes on.</remarks>
    [Theory]
    [MemberData(nameof(Declined))]
    public async Task Upgrade_DeclinedToAClientOfHttp1_IsThePlainAnswer(int hops, string answer, int _)
    {
        using RawOrigin origin = Answering(answer);
        await using var kit = new PathKit();
        using RawClient client = await RawClient.ConnectAsync(kit.Start(hops, origin));
        for (int i = 0; i < 2; i++)
        {
            await client.GetAsync("/ws", Ask);
            string head = await client.ReadHeadAsync();
            head = head.StartsWith("HTTP/1.1 103", StringComparison.Ordinal) ? await client.ReadHeadAsync() : head;
            string final = answer[answer.LastIndexOf("HTTP/1.1", StringComparison.Ordinal)..];
            Assert.StartsWith(final[..12], head);
            Assert.DoesNotContain("weft-", head);
            if (final.EndsWith("hello", StringComparison.Ordinal))
            {
                Assert.Equal("hello", await client.ReadAsync(5));
            }
            else if (head.Contains("transfer-encoding: chunked", StringComparison.OrdinalIgnoreCase))
            {
                Assert.Contains("hello", await client.ReadUntilAsync("0\r\n\r\n"));
            }
        }
    }

    public static TheoryData<int, string> Unasked => new()
    {
        { 1, "" },
        { 2, "" },
        { 1, "Connection: upgrade\r\nUpgrade: h2c\r\n" },
        { 2, "Upgrade: websocket\r\n" },
    };

    /// <remarks>RFC 9110 §15.2.2: behind a 101 that nobody asked for, the client's next request would be a tunnel's bytes and pass by every policy.</remarks>
    [Theory]
    [MemberData(nameof(Unasked))]
    public async Task SwitchingProtocols_Unasked_IsNoTunnel(int hops, string fields)
    {
        using RawOrigin origin = Answering("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n");
        await using var kit = new PathKit();
        using RawClient client = await RawClient.ConnectAsync(kit.Start(hops, origin));
        await client.GetAsync("/", fields);
        Assert.StartsWith("HTTP/1.1 502", (await client.ReadAnswerAsync()).Head);
    }

    /// <summary>Field lines of a request, and what the application must see of its wish to switch; empty: nothing.</summary>
    public static TheoryData<string, string> Wishes => new()
    {
        { "Connection: upgrade\r\nUpgrade: websocket\r\n", "upgrade: websocket" },
        { "Connection: Upgrade\r\nUpgrade: WebSocket\r\n", "upgrade: WebSocket" },
        { "Connection: upgrade\r\nUpgrade: websocket, foo/2\r\n", "upgrade: websocket" },
        { "Connection: upgrade\r\nUpgrade: , foo/2 ,websocket\r\n", "upgrade: foo/2" },
        { "Connection: upgrade\r\nUpgrade: h2c\r\n", "" },
        { "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n", "" },
        { "Connection: upgrade\r\nUpgrade: foo, H2\r\n", "" },
        { "Connection: upgrade\r\nUpgrade: foo bar\r\n", "" },
        { "Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n", "" },
        { "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n", "upgrade: websocket" },
        { "Upgrade: websocket\r\n", "" },
    };

    /// <remarks>h2c behind a proxy that does not speak it is the classic way past its policy.</remarks>
    [Theory]
    [MemberData(nameof(Wishes))]
    public async Task Upgrade_AskedForInHttp1_ReachesTheApplicationAsOneProtocolOrNone(string fields, string seen)
    {
        foreach (int hops in (int[])[1, 2])
        {
            using RawOrigin origin = RawOrigin.Telling();
            await using var kit = new PathKit();
            using RawClient client = await RawClient.ConnectAsync(kit.Start(hops, origin));
            await client.GetAsync("/", fields);
            CheckWish((await client.ReadAnswerAsync()).Body, seen);
        }
    }

    /// <summary>:protocol, and what the application must see; null: the stream is reset.</summary>
    public static TheoryData<string, string?> Protocols => new()
    {
        { "websocket", "upgrade: websocket" },
        { "connect-udp", "upgrade: connect-udp" },
        { "TLS/1.0", "upgrade: TLS/1.0" },
        { "h2c", "" },
        { "H2", "" },
        { "", null },
        { "a b", null },
        { "websocket, h2c", null },
        { "websocket\r\nx-smuggled: 1", null },
        { "x\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a", null },
        { "a\0", null },
        { "/1", null },
        { "a/", null },
        { "a/1/2", null },
    };

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Protocol_OfAnExtendedConnect_IsATokenToTheApplication(string protocol, string? seen)
    {
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var origin = new RawOrigin(async c =>
        {
            told.SetResult(await c.ReadHeadAsync() ?? "nothing");
            await c.SendAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            await c.ReadToEndAsync();
        });
        await using var kit = new PathKit();
        using Http2Asker asker = await Http2Asker.ConnectAsync(kit.Start(1, origin));
        int status = await asker.StatusAsync(await asker.UpgradeAsync("/ws", protocol));
        Assert.Equal(seen is null ? 0 : 404, status);
        if (seen is not null)
        {
            CheckWish(await told.Task.WaitAsync(PathKit.Patience), seen);
        }
        else
        {
            Assert.False(told.Task.IsCompleted);
        }
    }

    private static void CheckWish(string head, string seen)
    {
        string[] lines = [.. head.Split("\r\n").Where(l => l.StartsWith("upgrade:", StringComparison.OrdinalIgnoreCase) || l.StartsWith("connection:", StringComparison.OrdinalIgnoreCase))];
        Assert.Equal(seen.Length == 0 ? [] : ["connection: upgrade", seen], lines);
    }
}
