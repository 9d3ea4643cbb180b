using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;

namespace Weft.World.DataPath.Backends;

/// <summary>connectionPool: how old connections get, and which protocol they speak.</summary>
public sealed class ConnectionShapeTests
{
    private static ConnectionShape LifeOf(int milliseconds) => new() { MaxDuration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(milliseconds)) };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MaxDuration_Passed_TheNextRequestHasANewConnection(bool lives)
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit { Loops = 1 };
        kit.StartClient(
            kit.Authority, cluster: c => c.ConnectionShape = LifeOf(lives ? 60_000 : 1), endpoints: [new Endpoint { Address = "127.0.0.1", Port = (uint)origin.Port }]);
        using RawClient client = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        var watch = new Stopwatch();
        for (int i = 0; i < 3; i++)
        {
            await client.GetAsync("/");
            Assert.StartsWith("HTTP/1.1 200", (await client.ReadAnswerAsync()).Head);
            watch.Restart();
            SpinWait.SpinUntil(() => watch.ElapsedMilliseconds > 5);
        }

        Assert.Equal(lives ? 1 : 3, origin.Accepted);
    }

    [Fact]
    public async Task MaxDuration_OfAnOpaqueConnection_ClosesIt()
    {
        using var kit = new Edge.EdgeKit();
        using RawOrigin origin = new(async c =>
        {
            await c.SendAsync("hello");
            await c.ReadToEndAsync();
        });
        kit.Opaque("db", "*", origin.Port, tls: null);
        kit.Config.Clusters[0].ConnectionShape = LifeOf(20);
        kit.Start();
        using RawClient client = await RawClient.ConnectAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, kit.Port));
        Assert.Equal("hello", await client.ReadToEndAsync());
    }

    /// <summary>The port says HTTP/2, the server speaks HTTP/1 only, and so does the client.</summary>
    [Fact]
    public async Task UseClientProtocol_OfAnHttp1Client_IsSpokenUpstream()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        kit.StartClient(
            kit.Authority, protocol: AppProtocol.Http2, cluster: c => c.UseClientProtocol = true, endpoints: [new Endpoint { Address = "127.0.0.1", Port = (uint)origin.Port }]);
        using RawClient client = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await client.GetAsync("/told");
        Assert.StartsWith("GET /told HTTP/1.1", (await client.ReadAnswerAsync()).Body);
    }
}
