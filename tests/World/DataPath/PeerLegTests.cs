using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;

namespace Weft.World.DataPath;

/// <summary>HTTP/1 at both ends with the peer protocol between them: what one version says and the other does not must survive the leg.</summary>
public sealed class PeerLegTests
{
    private static RawOrigin Answering(string first, string then = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext") => new(async c =>
    {
        string answer = first;
        while (await c.ReadHeadAsync() is not null)
        {
            await c.SendAsync(answer);
            answer = then;
        }
    });

    /// <summary>An origin that begins with that answer, and what a client says to it through the mesh.</summary>
    private static async Task TalkAsync(string answer, Func<RawClient, Task> talk, Action<RouteSet>? routes = null, Action<Cluster>? cluster = null)
    {
        using RawOrigin origin = Answering(answer);
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, routes: routes, cluster: cluster);
        await talk(client);
    }

    /// <remarks>RFC 9110 §15.4.5: the length is that of the 200 that was not sent.</remarks>
    [Fact]
    public async Task Answer_NotModifiedWithLength_Passes()
    {
        await TalkAsync("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\nETag: \"1\"\r\n\r\n", async client =>
        {
            await client.GetAsync("/");
            Assert.StartsWith("HTTP/1.1 304", await client.ReadHeadAsync());
            await client.GetAsync("/");
            Assert.Equal("next", (await client.ReadAnswerAsync()).Body);
        });
    }

    /// <remarks>In HTTP/2 the stream's end says it; an HTTP/1 client would wait for the connection's.</remarks>
    [Fact]
    public async Task Answer_ChunkedAndEmpty_EndsForTheClient()
    {
        await TalkAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", async client =>
        {
            await client.GetAsync("/");
            string head = await client.ReadHeadAsync();
            Assert.True(head.Contains("content-length: 0", StringComparison.Ordinal) || head.Contains("transfer-encoding: chunked", StringComparison.Ordinal), head);
        });
    }

    /// <remarks>RFC 9110 §7.8: a server may ignore Upgrade.</remarks>
    [Fact]
    public async Task Upgrade_AnsweredWith200_IsNoTunnel()
    {
        await TalkAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", async client =>
        {
            await client.GetAsync("/", "Connection: upgrade\r\nUpgrade: websocket\r\n");
            (string head, string body) = await client.ReadAnswerAsync();
            Assert.StartsWith("HTTP/1.1 200", head);
            Assert.Equal("hello", body);
            await client.GetAsync("/");
            Assert.Equal("next", (await client.ReadAnswerAsync()).Body);
        });
    }

    [Fact]
    public async Task Reason_OfTheApplicationsOwn_Passes()
    {
        await TalkAsync("HTTP/1.1 200  Fine  \r\nContent-Length: 0\r\n\r\n", async client =>
        {
            await client.GetAsync("/");
            Assert.StartsWith("HTTP/1.1 200 Fine", (await client.ReadAnswerAsync()).Head);
        });
    }

    [Fact]
    public async Task Retry_WithoutBudget_PassesTheAnswer()
    {
        await TalkAsync("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy", async client =>
        {
            await client.GetAsync("/");
            (string head, string body) = await client.ReadAnswerAsync();
            Assert.StartsWith("HTTP/1.1 503", head);
            Assert.Equal("busy", body);
        }, r => r.VirtualHosts[0].Routes[0].Forward.Retries = new RetryPolicy { Attempts = 2, On = { RetryOn._5Xx } },
        c => c.RetryBudget = new RetryBudget { Percent = 0.001, Window = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)) });
    }

    /// <summary>1xx heads before the answer, and its status.</summary>
    [Theory]
    [InlineData(0, 200)]
    [InlineData(3, 200)]
    [InlineData(100, 200)]
    [InlineData(101, 502)]
    [InlineData(5_000, 502)]
    public async Task Answer_BehindInterimHeads_PassesUpToTheirLimit(int interims, int status)
    {
        using RawOrigin origin = Answering(string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", interims)) + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        await using var kit = new PathKit();
        using RawClient client = await RawClient.ConnectAsync(kit.Start(1, origin));
        await client.GetAsync("/");
        int seen = 0;
        string head;
        while ((head = await client.ReadHeadAsync()).StartsWith("HTTP/1.1 103", StringComparison.Ordinal))
        {
            seen++;
        }

        Assert.StartsWith($"HTTP/1.1 {status}", head);
        Assert.Equal(Math.Min(interims, 100), seen);
    }
}
