using Weft.Model.V1;

namespace Weft.World.DataPath.Backends;

/// <summary>One endpoint of several goes: what is under way ends, idle connections to it are closed, and nothing new arrives.</summary>
public sealed class EndpointDrainTests
{
    private const string ClusterName = "api.default.svc.cluster.local:9080";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Endpoint_LeavesOrDrains_GetsNothingNewWhileItsRequestEnds(bool drains)
    {
        using var leaving = new GatedOrigin();
        using var staying = new GatedOrigin();
        await using var kit = new PathKit { Loops = 1 };
        kit.StartClient(kit.Authority, endpoints: [leaving.Endpoint]);
        using RawClient idle = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        using RawClient busy = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await idle.GetAsync("/idle");
        leaving.WaitFor(1);
        await busy.GetAsync("/busy");
        leaving.WaitFor(2);
        leaving.Answer(1); // either one: its connection waits in the pool from now on
        Assert.True(SpinWait.SpinUntil(() => kit.Client!.Path.Loops[0].Pool.IdleCount == 1, PathKit.Patience));

        Endpoint old = leaving.Endpoint;
        old.Draining = drains;
        EndpointSet set = new() { Name = ClusterName, Endpoints = { staying.Endpoint } };
        if (drains)
        {
            set.Endpoints.Add(old);
        }

        kit.Client!.Replace(Weft.Proxy.State.Cells.ResourceTypes.EndpointSet, ClusterName, set);
        Assert.True(SpinWait.SpinUntil(() => kit.Client!.Path.Loops[0].Pool.IdleCount == 0, PathKit.Patience));
        staying.Answer(10);
        using RawClient fresh = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        for (int i = 0; i < 5; i++)
        {
            await fresh.GetAsync("/new");
            Assert.Equal("ok", (await fresh.ReadAnswerAsync()).Body);
        }

        leaving.Answer(1);
        Assert.Equal("ok", (await idle.ReadAnswerAsync()).Body);
        Assert.Equal("ok", (await busy.ReadAnswerAsync()).Body);
        Assert.Equal((2, 5), (leaving.Seen.Length, staying.Seen.Length));
        Assert.True(SpinWait.SpinUntil(() => kit.Client!.Path.Loops[0].Loop.ConnectionCount == 4, PathKit.Patience)); // three clients, and one to who stays
    }

    /// <summary>The connection that requests to a peer share takes leave, and its streams end by themselves.</summary>
    [Fact]
    public async Task Peer_Leaves_ItsStreamEndsAndItsConnectionCloses()
    {
        using var leaving = new GatedOrigin();
        using var staying = new GatedOrigin();
        await using var kit = new PathKit { Loops = 1 };
        kit.StartServer(leaving.Port);
        kit.StartClient(kit.Authority);
        using RawClient busy = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await busy.GetAsync("/busy");
        leaving.WaitFor(1);
        kit.Client!.Replace(Weft.Proxy.State.Cells.ResourceTypes.EndpointSet, ClusterName, new EndpointSet { Name = ClusterName, Endpoints = { staying.Endpoint } });
        staying.Answer(1);
        using RawClient fresh = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await fresh.GetAsync("/new");
        Assert.Equal("ok", (await fresh.ReadAnswerAsync()).Body);
        leaving.Answer(1);
        Assert.Equal("ok", (await busy.ReadAnswerAsync()).Body);
        Assert.True(SpinWait.SpinUntil(() => kit.Server!.Path.Loops[0].Loop.ConnectionCount == 1, PathKit.Patience)); // its idle way to the application
        Assert.Equal((1, 1), (leaving.Seen.Length, staying.Seen.Length));
    }
}
