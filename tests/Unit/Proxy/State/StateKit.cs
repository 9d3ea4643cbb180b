using Google.Protobuf;
using Weft.Model.V1;
using Weft.Proxy.State;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;

namespace Weft.Unit.Proxy.State;

/// <summary>A mesh state with a clock of its own, and what it asked for.</summary>
internal sealed class StateKit
{
    public StateKit()
    {
        var edges = new EdgeTable(loops: 1);
        Mesh = new MeshState(edges);
        Activation = new RouteActivation(Mesh.Cells, () => NowMs, new DiscoveryPatience());
        Applier = new StateApplier(Mesh, new ClusterContext(edges, "host-a", seed: 1), Activation, new StateOwner("default", () => "spiffe://cluster.local/ns/default/sa/web"))
        {
            Ask = (type, name) => Asked.Add($"{type} {name}"),
        };
        Mesh.Cells.SendAsksTo((type, name) => Asked.Add($"{type} {name}"));
    }

    public MeshState Mesh { get; }

    public StateApplier Applier { get; }

    public RouteActivation Activation { get; }

    public List<string> Asked { get; } = [];

    public long NowMs { get; set; }

    public ApplyResult Apply(string type, params (string Name, IMessage Value)[] resources) =>
        Applier.Apply(new ResourceDelta(type, [.. resources.Select(r => new ResourceUpdate(r.Name, "v", r.Value.ToByteString()))], [], []));

    public ApplyResult Remove(string type, string name) => Applier.Apply(new ResourceDelta(type, [], [name], []));

    public ApplyResult Missing(string type, string name) => Applier.Apply(new ResourceDelta(type, [], [], [name]));

    public static Frontend Reviews(string ns = "default") => new()
    {
        Name = $"reviews.{ns}.svc.cluster.local",
        Namespace = ns,
        Hostnames = { $"reviews.{ns}.svc.cluster.local", $"reviews.{ns}.svc", $"reviews.{ns}" },
        VirtualAddresses = { ByteString.CopyFrom(240, 240, 0, (byte)(ns == "default" ? 1 : 2)) },
        Ports = { new FrontendPort { Port = 9080, Protocol = AppProtocol.Http1, ByHost = true, RouteSet = $"reviews.{ns}.svc.cluster.local:9080" } },
    };

    public static RouteSet To(params string[] clusters)
    {
        var forward = new Forward();
        forward.Clusters.AddRange(clusters.Select(c => new WeightedCluster { Cluster = c, Weight = 1 }));
        return new RouteSet { Name = "r", VirtualHosts = { new VirtualHost { Hosts = { "*" }, Routes = { new Route { Forward = forward } } } } };
    }

    public static EndpointSet At(params string[] addresses)
    {
        var set = new EndpointSet();
        set.Endpoints.AddRange(addresses.Select(a => new Endpoint { Address = a, Port = 9080, Workload = "default/w", PeerProtocol = "weft/1", Identity = "spiffe://cluster.local/ns/default/sa/w" }));
        return set;
    }
}
