using Weft.Identity;
using Weft.Protocol.Discovery.V1;
using Weft.Proxy.Control;
using Weft.Proxy.Control.GrpcClient;
using Weft.Proxy.State;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Logging;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.World.Control;

/// <summary>A proxy's control half with loops of its own, against a fake control plane.</summary>
internal sealed class ControlWorld : IAsyncDisposable
{
    /// <summary>For everything that is awaited: far above what it takes, so that it says "never".</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _directory;
    private readonly ControlClient _client;

    private ControlWorld(FakeControlPlane plane, DiscoveryPatience patience, string directory)
    {
        Plane = plane;
        _directory = directory;
        var log = new EventLog(Stream.Null, TimeProvider.System);
        var edges = new EdgeTable(loops: 1);
        Mesh = new MeshState(edges, patience);
        var state = new StateDirectory(directory);
        Identity = new IdentityKeeper(state, new IssueTerms("the-token", new string('a', 64)), TimeProvider.System, log);
        var activation = new RouteActivation(Mesh.Cells, () => Loop.NowMs, patience);
        var applier = new StateApplier(Mesh, new ClusterContext(edges, "host", 1), activation, new StateOwner("default", () => Identity.Current?.Id.Text ?? ""));
        Feed = new MeshFeed(applier, new Subscriptions("default/web-1"), new SavedResources(state), log);
        Mesh.Cells.SendAsksTo((type, name) => Loop.Post(() => Feed.Ask(type, name)));
        var session = new DiscoverySession(Loop, new Weft.Protocol.Discovery.V1.Node { Workload = "default/web-1" }, Feed, log);
        _client = new ControlClient(Loop, new PlainDialer(Loop, plane.Port), Identity, session, TimeProvider.System, log);
    }

    public FakeControlPlane Plane { get; }

    public EventLoop Loop { get; } = EventLoop.Start("control");

    public EventLoop Data { get; } = EventLoop.Start("data");

    public MeshState Mesh { get; }

    public IdentityKeeper Identity { get; }

    public MeshFeed Feed { get; }

    public static async Task<ControlWorld> StartAsync(DiscoveryPatience? patience = null)
    {
        var world = new ControlWorld(await FakeControlPlane.StartAsync(), patience ?? new DiscoveryPatience(), Directory.CreateTempSubdirectory("weft-control-").FullName);
        world.Loop.Post(() => world.Loop.Supervise(world._client.RunAsync(), "control"));
        return world;
    }

    /// <summary>What another proxy process finds in this one's state directory.</summary>
    public MeshState Restored()
    {
        var edges = new EdgeTable(loops: 1);
        var mesh = new MeshState(edges);
        var applier = new StateApplier(mesh, new ClusterContext(edges, "host", 1), new RouteActivation(mesh.Cells, () => 0, new DiscoveryPatience()), new StateOwner("default", () => ""));
        Assert.True(new MeshFeed(applier, new Subscriptions("default/web-1"), new SavedResources(new StateDirectory(_directory)), new EventLog(Stream.Null, TimeProvider.System)).Restore());
        return mesh;
    }

    public async ValueTask DisposeAsync()
    {
        Loop.Post(_client.Stop);
        await Plane.DisposeAsync();
        Data.Dispose();
        Loop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private sealed class PlainDialer(EventLoop loop, int port) : IControlDialer
    {
        public IGrpcConnection Open(TlsContext tls)
        {
            tls.Dispose();
            return new GrpcConnection(loop, null, new GrpcChannelOptions { Address = SocketTarget.Ip(System.Net.IPAddress.Loopback, port), Authority = "control" });
        }
    }
}
