using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using Weft.Policy.Limits;
using Weft.Proxy.State.Clusters;

namespace Weft.World.DataPath.Backends;

/// <summary>connectionPool: who gets a connection, who waits for one, and who is refused.</summary>
public sealed class ConnectionLimitTests
{
    private const string ClusterName = "api.default.svc.cluster.local:9080";

    /// <summary>
    /// Over connections of one request each, over the one that all requests to a peer share, and on an HTTP/2 port, where the limit is the
    /// connections' own and a stream is waited for.
    /// </summary>
    [Theory]
    [InlineData(false, AppProtocol.Http1)]
    [InlineData(true, AppProtocol.Http1)]
    [InlineData(true, AppProtocol.Http2)]
    public async Task Pending_BeyondItsLimit_IsRefusedAndTheOthersAreServedInTurn(bool throughPeer, AppProtocol protocol)
    {
        using var origin = new GatedOrigin();
        await using var kit = new PathKit { Loops = protocol is AppProtocol.Http2 ? 1 : 2 }; // each loop may have a connection of its own
        Start(kit, origin, throughPeer, new ConnectionLimits { Connections = 1, Pending = 2 }, protocol: protocol);
        List<RawClient> clients = [];
        foreach (string path in (string[])["/a", "/b", "/c"])
        {
            clients.Add(await RawClient.ConnectAsync(kit.Client!.OutboundAddress!));
            await clients[^1].GetAsync(path);
            int waiting = clients.Count - 1;
            origin.WaitFor(1);
            Until(() => Load(kit).Used(ClusterResource.Pending) == waiting);
        }

        using RawClient refused = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await refused.GetAsync("/d");
        Assert.StartsWith("HTTP/1.1 503 ", (await refused.ReadAnswerAsync()).Head);
        Assert.Equal((1, 2, 1), (Load(kit).Used(ClusterResource.Connections), Load(kit).Used(ClusterResource.Pending), Load(kit).Overflows(ClusterResource.Pending)));
        origin.Answer(3);
        foreach (RawClient client in clients)
        {
            Assert.Equal("ok", (await client.ReadAnswerAsync()).Body);
            client.Dispose();
        }

        Assert.Equal(["/a", "/b", "/c"], origin.Seen);
        Assert.Equal(1, origin.UnderWayMost);
        int open = protocol is AppProtocol.Http2 ? 1 : 0;
        Until(() => Load(kit).Used(ClusterResource.Connections) == open && Load(kit).Used(ClusterResource.Pending) == 0);
    }

    [Fact]
    public async Task Wait_PastTheRequestsTime_IsAnswered504AndLeavesTheQueue()
    {
        using var origin = new GatedOrigin();
        await using var kit = new PathKit();
        Start(kit, origin, throughPeer: true, new ConnectionLimits { Connections = 1 }, set => set.VirtualHosts[0].Routes.Insert(0, new Route
        {
            Matches = { new RouteMatch { Path = new StringMatch { Exact = "/hasty" } } },
            Forward = new Forward { Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50)), Clusters = { new WeightedCluster { Cluster = ClusterName, Weight = 100 } } },
        }));
        using RawClient holder = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await holder.GetAsync("/a");
        origin.WaitFor(1);
        using RawClient hasty = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await hasty.GetAsync("/hasty");
        Assert.StartsWith("HTTP/1.1 504 ", (await hasty.ReadAnswerAsync()).Head);
        Assert.Equal((1, 0), (Load(kit).Used(ClusterResource.Connections), Load(kit).Used(ClusterResource.Pending)));
        origin.Answer(2);
        Assert.Equal("ok", (await holder.ReadAnswerAsync()).Body);
        await hasty.GetAsync("/b");
        Assert.Equal("ok", (await hasty.ReadAnswerAsync()).Body);
        Assert.Equal(["/a", "/b"], origin.Seen);
    }

    [Fact]
    public async Task Wait_ClientGone_LeavesTheQueue()
    {
        using var origin = new GatedOrigin();
        await using var kit = new PathKit();
        Start(kit, origin, throughPeer: false, new ConnectionLimits { Connections = 1, Pending = 1 });
        using RawClient holder = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await holder.GetAsync("/a");
        origin.WaitFor(1);
        Until(() => Load(kit).Used(ClusterResource.Pending) == 0);
        using (RawClient gone = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!))
        {
            await gone.GetAsync("/gone");
            Until(() => Load(kit).Used(ClusterResource.Pending) == 1);
        }

        Until(() => Load(kit).Used(ClusterResource.Pending) == 0);
        origin.Answer(1);
        Assert.Equal("ok", (await holder.ReadAnswerAsync()).Body);
        Until(() => Load(kit).Used(ClusterResource.Connections) == 0);
        Assert.Equal(["/a"], origin.Seen);
    }

    /// <summary>Idle ones to other endpoints make room: the sockets that are open are never more than the limit.</summary>
    [Fact]
    public async Task Sockets_OfManyEndpoints_StayWithinTheLimit()
    {
        using var a = new GatedOrigin();
        using var b = new GatedOrigin();
        await using var kit = new PathKit { Loops = 1 };
        kit.StartClient(kit.Authority, cluster: c =>
        {
            c.Limits = new ConnectionLimits { Connections = 1 };
            c.Balancer = new Balancer { Kind = Balancer.Types.Kind.RoundRobin };
        }, endpoints: [a.Endpoint, b.Endpoint]);
        a.Answer(100);
        b.Answer(100);
        using RawClient client = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        for (int i = 0; i < 6; i++)
        {
            await client.GetAsync("/");
            Assert.Equal("ok", (await client.ReadAnswerAsync()).Body);
            Assert.InRange(Load(kit).Sockets, 0, 1);
        }

        Assert.Equal((3, 3), (a.Seen.Length, b.Seen.Length));
    }

    [Fact]
    public async Task Limit_Raised_LetsWaitersIn()
    {
        using var origin = new GatedOrigin();
        await using var kit = new PathKit();
        Start(kit, origin, throughPeer: true, new ConnectionLimits { Connections = 1 });
        using RawClient first = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        using RawClient second = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await first.GetAsync("/a");
        origin.WaitFor(1);
        await second.GetAsync("/b");
        Until(() => Load(kit).Used(ClusterResource.Pending) == 1);
        Cluster cluster = kit.ClientCluster!.Clone();
        cluster.Limits.Connections = 2;
        kit.Client!.Replace(Weft.Proxy.State.Cells.ResourceTypes.Cluster, ClusterName, cluster);
        origin.WaitFor(2);
        origin.Answer(2);
        Assert.Equal("ok", (await first.ReadAnswerAsync()).Body);
        Assert.Equal("ok", (await second.ReadAnswerAsync()).Body);
    }

    /// <summary>An opaque connection has nothing to wait with: it is closed.</summary>
    [Fact]
    public async Task Opaque_OverTheLimit_IsClosedAndCounted()
    {
        using var kit = new Edge.EdgeKit();
        using RawOrigin origin = new(async c =>
        {
            await c.SendAsync("hello");
            await c.ReadToEndAsync();
        });
        kit.Opaque("db", "*", origin.Port, tls: null);
        kit.Config.Clusters[0].Limits = new ConnectionLimits { Connections = 1 };
        kit.Start();
        var address = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, kit.Port);
        ClusterLoadState load = kit.Proxy.Path.Parts.Mesh.Cells.Cluster(kit.Config.Clusters[0].Name).Model!.Load;
        using (RawClient first = await RawClient.ConnectAsync(address))
        {
            Assert.Equal("hello", await first.ReadAsync(5));
            await Assert.ThrowsAnyAsync<Exception>(async () => // a reset shows at any of its calls
            {
                using RawClient second = await RawClient.ConnectAsync(address);
                await second.ReadAsync(1);
            });
        }

        Until(() => load.Used(ClusterResource.Connections) == 0);
        Assert.Equal(1, load.Overflows(ClusterResource.Connections));
        using RawClient third = await RawClient.ConnectAsync(address);
        Assert.Equal("hello", await third.ReadAsync(5));
    }

    private static void Start(
        PathKit kit, GatedOrigin origin, bool throughPeer, ConnectionLimits limits, Action<RouteSet>? routes = null, AppProtocol protocol = AppProtocol.Http1)
    {
        if (throughPeer)
        {
            kit.StartServer(origin.Port);
        }

        kit.StartClient(kit.Authority, routes, protocol, c =>
        {
            c.Limits = limits;
            c.ConnectionShape = protocol is AppProtocol.Http2 ? new ConnectionShape { MaxConcurrentStreams = 1 } : null;
        }, throughPeer ? [] : [origin.Endpoint]);
    }

    private static ClusterState State(PathKit kit) => kit.Client!.Path.Parts.Mesh.Cells.Cluster(ClusterName).Model!;

    private static ClusterLoadState Load(PathKit kit) => State(kit).Load;

    private static void Until(Func<bool> holds) => Assert.True(SpinWait.SpinUntil(holds, PathKit.Patience));
}
