using Weft.Proxy.Static;
using Weft.Telemetry.Metrics;

namespace Weft.World.DataPath;

/// <summary>What loops count of connections, at both proxies of a path.</summary>
public sealed class ConnectionCounterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Connections_OfAClientWithTwoRequests_AreCountedFromTheirBeginningToTheirEnd(int hops)
    {
        using var origin = new RawOrigin(async c =>
        {
            for (int i = 0; i < 2; i++)
            {
                await c.ReadHeadAsync();
                await c.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using var kit = new PathKit();
        using (RawClient client = await RawClient.ConnectAsync(kit.Start(hops, origin)))
        {
            for (int i = 0; i < 2; i++)
            {
                await client.GetAsync("/");
                Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadAnswerAsync()).Head, StringComparison.Ordinal);
            }

            Assert.All(Proxies(kit), static p => Assert.Equal(
                (1, 1, 1, 0), (Read(p, LoopCounter.DownstreamAccepted), Read(p, LoopCounter.UpstreamOpened), Read(p, LoopCounter.UpstreamReused), Read(p, LoopCounter.DownstreamClosed))));
        }

        await UntilAsync(() => Read(kit.Client!, LoopCounter.DownstreamClosed) == 1);
        StaticProxy last = kit.Server ?? kit.Client!;
        await UntilAsync(() => Read(last, LoopCounter.UpstreamClosed) == 1); // the origin has left
        if (hops > 1)
        {
            Assert.Equal(0, Read(kit.Client!, LoopCounter.UpstreamClosed)); // the one to the peer stays open
        }
    }

    [Fact]
    public async Task Connection_ThatIsRefused_IsNoneThatOpened()
    {
        int nobody;
        using (var origin = RawOrigin.Telling())
        {
            nobody = origin.Port;
        }

        await using var kit = new PathKit();
        kit.StartClient(kit.Authority, endpoints: new Weft.Model.V1.Endpoint { Address = "127.0.0.1", Port = (uint)nobody });
        using RawClient client = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await client.GetAsync("/");
        Assert.StartsWith("HTTP/1.1 503 ", (await client.ReadAnswerAsync()).Head, StringComparison.Ordinal);
        Assert.Equal((1, 0, 0), (Read(kit.Client, LoopCounter.DownstreamAccepted), Read(kit.Client, LoopCounter.UpstreamOpened), Read(kit.Client, LoopCounter.UpstreamClosed)));
    }

    private static IEnumerable<StaticProxy> Proxies(PathKit kit) => new[] { kit.Client, kit.Server }.OfType<StaticProxy>();

    private static int Read(StaticProxy proxy, LoopCounter counter) => proxy.Telemetry.Loops.Sum(l => (int)l.Counters.Read(counter));

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(PathKit.Patience);
        while (!holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
