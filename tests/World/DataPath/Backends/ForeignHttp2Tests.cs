using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using static Weft.World.DataPath.Backends.RawHttp2Origin;

namespace Weft.World.DataPath.Backends;

/// <summary>Servers that speak HTTP/2 themselves, without a proxy of ours before them.</summary>
public sealed class ForeignHttp2Tests
{
    private const string Ask = "Connection: upgrade\r\nUpgrade: websocket\r\n";

    /// <summary>:status 200, indexed (RFC 7541 appendix A).</summary>
    private static readonly byte[] s_ok = [0x88];

    /// <summary>RFC 8441 §3: an extended CONNECT only for who said so in its settings, and no sooner.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Upgrade_IsAskedOfAServerThatTakesIt(bool takes)
    {
        var heads = new ConcurrentQueue<RawFrame>();
        byte[] settings = takes ? [0, 8, 0, 0, 0, 1] : []; // SETTINGS_ENABLE_CONNECT_PROTOCOL
        using var origin = new RawHttp2Origin(settings, async (c, frame) =>
        {
            if (frame.Type == Headers)
            {
                heads.Enqueue(frame);
                await c.SendAsync(Frame(Headers, 4, frame.Stream, s_ok));
            }
        });
        await using var kit = new PathKit();
        StartClient(kit, origin);
        using RawClient client = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await client.GetAsync("/ws", Ask);
        Assert.StartsWith(takes ? "HTTP/1.1 101" : "HTTP/1.1 501", await client.ReadHeadAsync());
        Assert.Equal(takes ? 1 : 0, heads.Count);
    }

    /// <summary>http2KeepAlive: who answers no PING has gone, and what waits for it ends.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pings_TellWhetherAServerIsThere(bool answers)
    {
        int pings = 0;
        using var origin = new RawHttp2Origin([], async (c, frame) =>
        {
            if (frame.Type == Ping && (frame.Flags & 1) == 0)
            {
                pings++;
                await (answers ? c.SendAsync(Frame(Ping, 1, 0, frame.Payload)) : Task.CompletedTask);
                await (pings == 3 ? c.SendAsync(Frame(Headers, 5, 1, s_ok)) : Task.CompletedTask);
            }
        });
        await using var kit = new PathKit { Loops = 1 };
        StartClient(kit, origin, c => c.ConnectionShape = new ConnectionShape
        {
            Http2PingInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(20)),
            Http2PingTimeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(answers ? 10_000 : 20)),
        });
        using RawClient client = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await client.GetAsync("/");
        Assert.StartsWith(answers ? "HTTP/1.1 200" : "HTTP/1.1 50", await client.ReadHeadAsync());
        await (answers ? Task.CompletedTask : origin.Ended.Task.WaitAsync(PathKit.Patience));
        Assert.Equal(1, origin.Accepted);
        Assert.InRange(pings, answers ? 3 : 1, answers ? int.MaxValue : 1);
    }

    private static void StartClient(PathKit kit, RawHttp2Origin origin, Action<Cluster>? cluster = null) => kit.StartClient(
        kit.Authority, protocol: AppProtocol.Http2, cluster: cluster, endpoints: [new Endpoint { Address = "127.0.0.1", Port = (uint)origin.Port }]);
}
