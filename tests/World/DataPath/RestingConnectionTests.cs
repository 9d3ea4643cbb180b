using Weft.Proxy.Forwarding;

namespace Weft.World.DataPath;

/// <summary>Connections that wait for a next request, on the client's side, between proxies and to the application: they keep no block of memory.</summary>
public sealed class RestingConnectionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Connections_BetweenRequests_HoldNoBlock(int hops)
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit { Loops = 1 };
        using RawClient client = await RawClient.ConnectAsync(kit.Start(hops, origin));
        for (int i = 0; i < 3; i++)
        {
            await client.GetAsync("/");
            Assert.StartsWith("HTTP/1.1 200", (await client.ReadAnswerAsync()).Head);
            foreach (ProxyLoop loop in (kit.Server is null ? [] : kit.Server.Path.Loops).Concat(kit.Client!.Path.Loops)) // Start has made it
            {
                Assert.Equal(0, await PathKit.RentedAsync(loop.Loop));
            }
        }

        Assert.Equal(1, origin.Accepted);
    }
}
