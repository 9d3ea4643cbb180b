using Google.Protobuf;
using Weft.Balancing;
using Weft.Model.V1;
using Weft.Proxy.State;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using EndpointModel = Weft.Proxy.State.Clusters.EndpointModel;

namespace Weft.Unit.Proxy.State;

public sealed class StateApplierTests
{
    private readonly StateKit _kit = new();

    [Fact]
    public void Routes_ClustersUnknown_AreHeldAndClustersAskedFor()
    {
        _kit.Apply("RouteSet", ("r", StateKit.To("c1", "c2")));
        Assert.Null(_kit.Mesh.Cells.Routes("r").Model);
        Assert.Equal(["Cluster c1", "Cluster c2"], _kit.Asked);
    }

    [Fact]
    public void Routes_EveryClusterLoadedOrMissing_Activate()
    {
        _kit.Apply("RouteSet", ("r", StateKit.To("c1", "c2")));
        _kit.Apply("Cluster", ("c1", new Cluster { Name = "c1" }));
        Assert.Contains("EndpointSet c1", _kit.Asked);
        _kit.Apply("EndpointSet", ("c1", StateKit.At("10.0.0.1")));
        Assert.Null(_kit.Mesh.Cells.Routes("r").Model);
        _kit.Missing("Cluster", "c2");
        Assert.NotNull(_kit.Mesh.Cells.Routes("r").Model);
    }

    [Fact]
    public void Routes_DeadlinePassed_ActivateWithWhatThereIs()
    {
        _kit.Apply("RouteSet", ("r", StateKit.To("never")));
        _kit.NowMs = new DiscoveryPatience().DeadlineMs;
        _kit.Applier.SettleRoutes();
        Assert.NotNull(_kit.Mesh.Cells.Routes("r").Model);
    }

    [Fact]
    public void Routes_ChangedToUnknownCluster_OldOnesServeMeanwhile()
    {
        Load("c1", "10.0.0.1");
        _kit.Apply("RouteSet", ("r", StateKit.To("c1")));
        var old = _kit.Mesh.Cells.Routes("r").Model;
        Assert.NotNull(old);
        _kit.Apply("RouteSet", ("r", StateKit.To("c9")));
        Assert.Same(old, _kit.Mesh.Cells.Routes("r").Model);
        Load("c9", "10.0.0.9");
        Assert.NotSame(old, _kit.Mesh.Cells.Routes("r").Model);
    }

    [Fact]
    public void Delta_OneResourceUnreadable_TakesNothing()
    {
        ApplyResult result = _kit.Applier.Apply(new ResourceDelta(
            "Frontend",
            [new ResourceUpdate("reviews", "1", StateKit.Reviews().ToByteString()), new ResourceUpdate("broken", "1", ByteString.CopyFrom(0xff, 0xff, 0xff))],
            [],
            []));
        Assert.Contains("broken", result.Error, StringComparison.Ordinal);
        Assert.Empty(_kit.Mesh.Frontends.All);
    }

    [Fact]
    public void Routes_BadChange_GoodOnesStay()
    {
        Load("c1", "10.0.0.1");
        _kit.Apply("RouteSet", ("r", StateKit.To("c1")));
        var good = _kit.Mesh.Cells.Routes("r").Model;
        RouteSet bad = StateKit.To("c1");
        bad.VirtualHosts[0].Routes[0].Matches.Add(new RouteMatch { Path = new StringMatch { Regex = "(" } });
        Assert.NotNull(_kit.Apply("RouteSet", ("r", bad)).Error);
        Assert.Same(good, _kit.Mesh.Cells.Routes("r").Model);
    }

    [Fact]
    public void Endpoints_Changed_ClusterKeepsItsState()
    {
        Load("c1", "10.0.0.1");
        ClusterState before = _kit.Mesh.Cells.Cluster("c1").Model!;
        _kit.Apply("EndpointSet", ("c1", StateKit.At("10.0.0.1", "10.0.0.2", "not an address")));
        ClusterState after = _kit.Mesh.Cells.Cluster("c1").Model!;
        Assert.Same(before, after);
        Assert.Equal(["10.0.0.1:9080", "10.0.0.2:9080"], after.Model.Endpoints.Select(e => e.Text));
    }

    [Fact]
    public void Pick_PeerEndpoint_TellsIdentityAndEdge()
    {
        _kit.Apply("Workload", ("default/web", new Workload { Name = "default/web", Namespace = "default", Labels = { ["app"] = "web" } }));
        Load("reviews.default.svc.cluster.local:9080", "10.0.0.1");
        ClusterState cluster = _kit.Mesh.Cells.Cluster("reviews.default.svc.cluster.local:9080").Model!;
        Assert.Equal(PickOutcome.Picked, cluster.TryPick(new PickContext(TimeSpan.Zero, 7), default, out EndpointModel? endpoint));
        Assert.True(endpoint!.IsPeer);
        Assert.Equal("spiffe://cluster.local/ns/default/sa/w", endpoint.Identity?.Text);
        Assert.Equal(("web", "w", true), (endpoint.Edge.Key.Source.App, endpoint.Edge.Key.Destination.Workload, endpoint.Edge.Key.MutualTls));
    }

    [Fact]
    public void Pick_TlsDisabled_SpeaksPlain()
    {
        _kit.Apply("Cluster", ("c1", new Cluster { Name = "c1", Tls = new UpstreamTls { Mode = UpstreamTls.Types.Mode.Disable } }));
        _kit.Apply("EndpointSet", ("c1", StateKit.At("10.0.0.1")));
        Assert.False(_kit.Mesh.Cells.Cluster("c1").Model!.Model.Endpoints[0].IsPeer);
    }

    [Fact]
    public void Workload_Removed_StaysInForce()
    {
        _kit.Apply("Workload", ("default/web", new Workload { Name = "default/web", Namespace = "default" }));
        _kit.Remove("Workload", "default/web");
        Assert.NotNull(_kit.Mesh.Workload);
    }

    private void Load(string cluster, string address)
    {
        _kit.Apply("Cluster", (cluster, new Cluster { Name = cluster, Service = cluster.Split(':')[0] }));
        _kit.Apply("EndpointSet", (cluster, StateKit.At(address)));
    }
}
