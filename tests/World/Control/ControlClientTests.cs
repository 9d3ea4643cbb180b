using Grpc.Core;
using Weft.Model.V1;
using Weft.Primitives;
using Weft.Protocol.Discovery.V1;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Transport;

namespace Weft.World.Control;

public sealed class ControlClientTests
{
    private static readonly (string, Google.Protobuf.IMessage) Web = ("default/web-1", new Workload { Name = "default/web-1", Namespace = "default" });

    [Fact]
    public async Task FirstContact_TokenAccepted_AsksForItselfAndTakesConfiguration()
    {
        await using ControlWorld world = await ControlWorld.StartAsync();
        FakeStream stream = await world.Plane.NextStreamAsync();
        DeltaRequest first = await stream.ReadUntilAsync(static r => r.Node is not null);
        Assert.Equal(("default/web-1", "Workload"), (first.Node.Workload, first.Type));
        Assert.Equal(["the-token"], world.Plane.Tokens);
        Assert.Equal("spiffe://cluster.local/ns/default/sa/web", world.Identity.Current?.Id.Text);
        Assert.Empty((await stream.SendAsync("Workload", "1", Web)).Error);
        Assert.Equal("default/web-1", world.Mesh.Workload?.Name);
    }

    [Fact]
    public async Task BadRoutes_GoodOnesInForce_AreRefusedWithTheReason()
    {
        await using ControlWorld world = await ControlWorld.StartAsync();
        FakeStream stream = await world.Plane.NextStreamAsync();
        await stream.SendAsync("RouteSet", "1", ("r", Routes("/a")));
        var good = world.Mesh.Cells.Routes("r").Model;
        Assert.NotNull(good);
        DeltaRequest answer = await stream.SendAsync("RouteSet", "2", ("r", Routes("(")));
        Assert.NotEmpty(answer.Error);
        Assert.Same(good, world.Mesh.Cells.Routes("r").Model);
    }

    /// <remarks>The control plane does not send again what it has sent.</remarks>
    [Fact]
    public async Task BadRoutes_AmongOthersInOneResponse_CostOnlyThemselves()
    {
        await using ControlWorld world = await ControlWorld.StartAsync();
        FakeStream stream = await world.Plane.NextStreamAsync();
        await stream.SendAsync("Workload", "1", Web);
        foreach (string name in new[] { "good", "bad", "gone" })
        {
            world.Mesh.Cells.Routes(name).Want();
            await stream.ReadUntilAsync(r => r.Subscribe.Contains(name));
        }

        await stream.SendAsync("RouteSet", "1", ("bad", Routes("/a")), ("good", Routes("/a")), ("gone", Routes("/a")));
        var (bad, good) = (world.Mesh.Cells.Routes("bad").Model, world.Mesh.Cells.Routes("good").Model);

        DeltaRequest answer = await stream.SendAsync(new DeltaResponse
        {
            Type = "RouteSet", Removed = { "gone" }, Resources = { FakeStream.Resource("bad", "2", Routes("(")), FakeStream.Resource("good", "2", Routes("/b")) },
        });

        Assert.NotEmpty(answer.Error);
        Assert.Same(bad, world.Mesh.Cells.Routes("bad").Model);
        Assert.NotSame(good, world.Mesh.Cells.Routes("good").Model);
        Assert.Null(world.Mesh.Cells.Routes("gone").Model);
        Assert.NotNull(world.Restored().Cells.Routes("bad").Model);
        stream.End(StatusCode.Unavailable);
        DeltaRequest opening = await (await world.Plane.NextStreamAsync()).ReadUntilAsync(static r => r.Type == "RouteSet");
        Assert.Equal(["bad 1", "good 2"], opening.KnownVersions.Select(v => $"{v.Key} {v.Value}").Order());
    }

    [Fact]
    public async Task RefusedRoutes_StayNamed_UntilTheyAreTakenOrRemoved()
    {
        await using ControlWorld world = await ControlWorld.StartAsync();
        FakeStream stream = await world.Plane.NextStreamAsync();
        await stream.SendAsync("RouteSet", "1", ("mended", Routes("/a")), ("removed", Routes("/a")), ("new", Routes("(")));
        Assert.Equal(["mended", "new partly", "removed"], Named(await stream.SendAsync("RouteSet", "2", ("mended", Routes("(")), ("removed", Routes("(")))));
        Assert.Equal(["mended", "new partly", "removed"], Named(await stream.SendAsync("RouteSet", "1", ("other", Routes("/a")))));
        Assert.Equal(["new partly", "removed"], Named(await stream.SendAsync("RouteSet", "3", ("mended", Routes("/b")))));
        Assert.Equal(["new partly"], Named(await stream.SendAsync(new DeltaResponse { Type = "RouteSet", Removed = { "removed" } })));
        Assert.Empty(Named(await stream.SendAsync("RouteSet", "4", ("new", Routes("/c")))));
    }

    /// <remarks>The versions it holds make the control plane send again what it refused, but not what it took partly.</remarks>
    [Fact]
    public async Task StreamLost_WhileRoutesAreRefused_NamesAtTheNextOnlyWhatIsNotSentAgain()
    {
        await using ControlWorld world = await ControlWorld.StartAsync();
        FakeStream stream = await world.Plane.NextStreamAsync();
        world.Mesh.Cells.Routes("refused").Want();
        await stream.ReadUntilAsync(static r => r.Subscribe.Contains("refused"));
        await stream.SendAsync("RouteSet", "1", ("refused", Routes("/a")), ("new", Routes("(")));
        await stream.SendAsync("RouteSet", "2", ("refused", Routes("(")));
        stream.End(StatusCode.Unavailable);
        DeltaRequest opening = await (await world.Plane.NextStreamAsync()).ReadUntilAsync(static r => r.Type == "RouteSet");
        Assert.Equal("1", opening.KnownVersions["refused"]);
        Assert.Equal(["new partly"], Named(opening));
    }

    [Fact]
    public async Task StreamLost_Reconnects_TellsWhatItHolds()
    {
        await using ControlWorld world = await ControlWorld.StartAsync();
        FakeStream stream = await world.Plane.NextStreamAsync();
        await stream.SendAsync("Workload", "v7", Web);
        world.Mesh.Cells.Cluster("c1").Want();
        await stream.ReadUntilAsync(static r => r.Subscribe.Contains("c1"));
        stream.End(StatusCode.Unavailable);
        FakeStream next = await world.Plane.NextStreamAsync();
        DeltaRequest opening = await next.ReadUntilAsync(static r => r.Type == "Workload");
        Assert.Equal("v7", opening.KnownVersions["default/web-1"]);
        Assert.Contains("c1", (await next.ReadUntilAsync(static r => r.Type == "Cluster")).Subscribe);
        Assert.Equal("default/web-1", world.Mesh.Workload?.Name);
    }

    [Fact]
    public async Task Waiters_SameMissingName_ShareOneSubscriptionAndTheAnswer()
    {
        await using ControlWorld world = await ControlWorld.StartAsync();
        FakeStream stream = await world.Plane.NextStreamAsync();
        await stream.SendAsync("Workload", "1", Web);
        Task<Outcome<ClusterState>>[] waiting = [.. Enumerable.Range(0, 10).Select(_ => world.Data.InvokeAsync(() => world.Mesh.Cells.Cluster("gone").GetAsync(world.Data)))];
        await stream.ReadUntilAsync(static r => r.Subscribe.Contains("gone"));
        await stream.SendAsync(new DeltaResponse { Type = "Cluster", Missing = { "gone" } });
        foreach (Task<Outcome<ClusterState>> one in waiting)
        {
            Assert.Equal(Fault.UnknownCluster, (await one.WaitAsync(ControlWorld.Patience)).Fault);
        }

        Assert.Single(stream.Seen, static r => r.Subscribe.Contains("gone"));
    }

    [Fact]
    public async Task Waiter_ClusterComes_GetsItWithItsEndpoints()
    {
        await using ControlWorld world = await ControlWorld.StartAsync();
        FakeStream stream = await world.Plane.NextStreamAsync();
        await stream.SendAsync("Workload", "1", Web);
        Task<Outcome<ClusterState>> waiting = world.Data.InvokeAsync(() => world.Mesh.Cells.Cluster("c1").GetAsync(world.Data));
        await stream.ReadUntilAsync(static r => r.Subscribe.Contains("c1") && r.Type == "Cluster");
        await stream.SendAsync("Cluster", "1", ("c1", new Cluster { Name = "c1" }));
        await stream.SendAsync("EndpointSet", "1", ("c1", new EndpointSet { Endpoints = { new Endpoint { Address = "10.0.0.1", Port = 80 } } }));
        Assert.True((await waiting.WaitAsync(ControlWorld.Patience)).TryGet(out ClusterState? cluster));
        Assert.Single(cluster.Model.Endpoints);
    }

    [Fact]
    public async Task Waiter_NoAnswerInTime_TimesOutAndRefusesAtOnceAfterwards()
    {
        await using ControlWorld world = await ControlWorld.StartAsync(new DiscoveryPatience(DeadlineMs: 50, RefuseMs: 600_000));
        FakeStream stream = await world.Plane.NextStreamAsync();
        await stream.SendAsync("Workload", "1", Web);
        ResourceCell<ClusterState> cell = world.Mesh.Cells.Cluster("slow");
        Outcome<ClusterState> late = await world.Data.InvokeAsync(() => cell.GetAsync(world.Data)).WaitAsync(ControlWorld.Patience);
        Assert.Equal(Fault.DiscoveryTimedOut, late.Fault);
        bool atOnce = await world.Data.InvokeAsync(() => new LoopTask<bool>(cell.GetAsync(world.Data).IsCompleted)).WaitAsync(ControlWorld.Patience);
        Assert.True(atOnce);
    }

    [Fact]
    public async Task SavedState_NextProcess_ServesTheSame()
    {
        await using ControlWorld world = await ControlWorld.StartAsync();
        FakeStream stream = await world.Plane.NextStreamAsync();
        await stream.SendAsync("Workload", "1", Web);
        await stream.SendAsync("RouteSet", "1", ("r", Routes("/a")));
        Assert.Equal("default/web-1", world.Restored().Workload?.Name);
        Assert.NotNull(world.Restored().Cells.Routes("r").Model);
    }

    private static IEnumerable<string> Named(DeltaRequest request)
    {
        Assert.All(request.Refusals.Refusals, static r => Assert.NotEmpty(r.Error));
        return request.Refusals.Refusals.Select(static r => r.Partly ? $"{r.Name} partly" : r.Name);
    }

    private static RouteSet Routes(string regex) => new()
    {
        Name = "r",
        VirtualHosts =
        {
            new VirtualHost
            {
                Hosts = { "*" },
                Routes = { new Route { Matches = { new RouteMatch { Path = new StringMatch { Regex = regex } } }, Direct = new DirectResponse { Status = 200 } } },
            },
        },
    };
}
