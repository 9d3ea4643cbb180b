using System.Net;
using Weft.Proxy.Draining;
using Weft.World.DataPath;

namespace Weft.World.LifeCycle;

/// <summary>SIGTERM: what is under way is finished, within the time there is.</summary>
public sealed class DrainTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task Http1Request_UnderWay_IsAnsweredAndItsConnectionClosed()
    {
        await using LifeKit kit = await LifeKit.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(kit.Http);
        await client.GetAsync("/held");
        await kit.Origin.Holding.Task.WaitAsync(PathKit.Patience);
        Task<bool> left = LeaveAsync(kit, Long);
        await BegunAsync(kit);
        Assert.False(left.IsCompleted);
        kit.Origin.Release();
        (string head, string body) = await client.ReadAnswerAsync();
        Assert.Contains("connection: close", head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(LifeOrigin.Answer, body);
        Assert.Equal("", await client.ReadToEndAsync());
        Assert.True(await left.WaitAsync(PathKit.Patience));
    }

    [Fact]
    public async Task Http2Requests_UnderWayAndCrossing_AreAnswered()
    {
        await using LifeKit kit = await LifeKit.StartAsync();
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        Task<HttpResponseMessage> held = invoker.SendAsync(Http2(kit, "/held"), CancellationToken.None);
        await kit.Origin.Holding.Task.WaitAsync(PathKit.Patience);
        Task<bool> left = LeaveAsync(kit, Long);
        using HttpResponseMessage crossing = await invoker.SendAsync(Http2(kit, "/hello"), CancellationToken.None).WaitAsync(PathKit.Patience);
        Assert.Equal(HttpStatusCode.OK, crossing.StatusCode);
        kit.Origin.Release();
        using HttpResponseMessage answer = await held.WaitAsync(PathKit.Patience);
        Assert.Equal(LifeOrigin.Answer, await answer.Content.ReadAsStringAsync());
        Assert.True(await left.WaitAsync(PathKit.Patience));
    }

    [Fact]
    public async Task IdleConnection_IsNotWaitedFor()
    {
        await using LifeKit kit = await LifeKit.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(kit.Http);
        await client.GetAsync("/hello");
        await client.SkipAnswerAsync();
        Assert.True(await LeaveAsync(kit, Long).WaitAsync(PathKit.Patience));
    }

    /// <summary>An opaque stream and a WebSocket may live for ever; the time that a stop has does not.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stream_LongerThanTheTime_IsNotWaitedForLonger(bool isUpgraded)
    {
        using var origin = new RawOrigin(async c =>
        {
            await c.ReadHeadAsync();
            await c.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
            await c.SendAsync(await c.ReadAsync(4));
            await c.ReadAsync(1);
        });
        await using LifeKit kit = await LifeKit.StartAsync();
        if (isUpgraded)
        {
            kit.PointTo(origin.Port);
        }

        using RawClient stream = await RawClient.ConnectAsync(isUpgraded ? kit.Http : kit.Tcp);
        if (isUpgraded)
        {
            await stream.GetAsync("/", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
            Assert.StartsWith("HTTP/1.1 101", await stream.ReadHeadAsync(), StringComparison.Ordinal);
        }

        await stream.SendAsync("ping");
        Assert.Equal("ping", await stream.ReadAsync(4));
        Assert.False(await LeaveAsync(kit, Short).WaitAsync(PathKit.Patience));
    }

    private static Task<bool> LeaveAsync(LifeKit kit, TimeSpan most) => Task.Run(() => kit.Proxy.Leave(DrainScope.Inbound, most));

    /// <summary>A new connection's answer shows that the leave has begun.</summary>
    private static async Task BegunAsync(LifeKit kit)
    {
        string head;
        do
        {
            using RawClient client = await RawClient.ConnectAsync(kit.Http);
            await client.GetAsync("/hello");
            (head, _) = await client.ReadAnswerAsync();
        }
        while (!head.Contains("connection: close", StringComparison.OrdinalIgnoreCase));
    }

    private static HttpRequestMessage Http2(LifeKit kit, string path) =>
        new(HttpMethod.Get, $"http://{kit.Http}{path}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
}
