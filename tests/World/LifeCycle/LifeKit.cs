using System.Net.Sockets;
using System.Net;
using Weft.Model.V1;
using Weft.Proxy.Draining;
using Weft.Proxy.Handover;
using Weft.Proxy.State.Cells;
using Weft.Proxy.Static;
using Weft.Transport.Processes;
using Weft.Transport;
using Weft.World.DataPath.Edge;
using Weft.World.DataPath;

namespace Weft.World.LifeCycle;

/// <summary>Gateways that follow one another on the same ports, an HTTP and an opaque one, before one application.</summary>
internal sealed class LifeKit : IAsyncDisposable
{
    private readonly List<StaticProxy> _proxies = [];
    private readonly TcpListener _echo = new(IPAddress.Loopback, 0);

    private LifeKit(LifeOrigin origin) => Origin = origin;

    internal LifeOrigin Origin { get; }

    internal IPEndPoint Http { get; } = new(IPAddress.Loopback, EdgeKit.FreePort());

    internal IPEndPoint Tcp { get; } = new(IPAddress.Loopback, EdgeKit.FreePort());

    internal LoopLimits Limits { get; init; } = new();

    /// <summary>The one that serves.</summary>
    internal StaticProxy Proxy => _proxies[^1];

    internal static async Task<LifeKit> StartAsync(LoopLimits? limits = null)
    {
        var kit = new LifeKit(await LifeOrigin.StartAsync()) { Limits = limits ?? new LoopLimits() };
        kit._echo.Start();
        _ = kit.EchoAsync();
        kit._proxies.Add(StaticProxy.Start(kit.Config(), () => Stream.Null));
        return kit;
    }

    /// <summary>The next one takes the place of the one that serves. Returns how that one left: true, with everybody served.</summary>
    internal async Task<Task<bool>> RestartAsync(TimeSpan drain)
    {
        StaticProxy old = Proxy;
        var (socket, given) = Give(old);
        StaticProxy next = await Task.Run(() =>
        {
            var book = new ListenerBook();
            HandoverTaker before = HandoverTaker.Take(socket, book);
            StaticConfig config = Config();
            StaticProxy proxy = StaticProxy.Prepare(config, book, () => Stream.Null);
            _proxies.Add(proxy);
            Assert.Null(before.Claim());
            proxy.Open(config);
            return proxy;
        }).WaitAsync(PathKit.Patience);
        Assert.Same(next, Proxy);
        Assert.Null(await given.WaitAsync(PathKit.Patience));
        return Task.Run(() => old.Leave(DrainScope.All, drain));
    }

    /// <summary>The HTTP port's application is another one from now on.</summary>
    internal void PointTo(int port) => Proxy.Replace(
        ResourceTypes.EndpointSet, "app.default:80", new EndpointSet { Name = "app.default:80", Endpoints = { new Endpoint { Address = "127.0.0.1", Port = (uint)port, Weight = 1 } } });

    /// <summary>Offers a proxy's listeners; the other end's socket, and how it ends.</summary>
    internal static (int Socket, Task<string?> Given) Give(StaticProxy proxy)
    {
        var (ours, theirs) = Descriptor.MessagePair();
        var given = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        int giver = (int)ours.DangerousGetHandle();
        int taker = (int)theirs.DangerousGetHandle();
        ours.SetHandleAsInvalid();
        theirs.SetHandleAsInvalid();
        HandoverGiver.Start(giver, proxy.Path.Listeners, isAppReady: true, given.SetResult);
        return (taker, given.Task);
    }

    public async ValueTask DisposeAsync()
    {
        _proxies.ForEach(static p => p.Dispose());
        _echo.Dispose();
        await Origin.DisposeAsync();
    }

    private StaticConfig Config()
    {
        var config = new StaticConfig { Loops = 2, LoopLimits = Limits };
        config.Workload = new Workload
        {
            Name = "default/edge", Namespace = "default",
            GatewayListeners =
            {
                new GatewayListener { Name = "http", Port = (uint)Http.Port, Protocol = AppProtocol.Http1, Hosts = { "*" }, RouteSet = "gateway/http" },
                new GatewayListener { Name = "tcp", Port = (uint)Tcp.Port, Protocol = AppProtocol.Tcp, Hosts = { "*" }, TcpRouteSet = "gateway/tcp" },
            },
        };
        var routes = new RouteSet { Name = "gateway/http", VirtualHosts = { new VirtualHost { Hosts = { "*" } } } };
        routes.VirtualHosts[0].Routes.Add(new Route { Forward = new Forward { Clusters = { new WeightedCluster { Cluster = "app.default:80", Weight = 1 } } } });
        config.RouteSets.Add(routes);
        config.TcpRouteSets.Add(new TcpRouteSet { Name = "gateway/tcp", Routes = { new TcpRoute { Clusters = { new WeightedCluster { Cluster = "echo.default:7", Weight = 1 } } } } });
        Cluster(config, "app.default", 80, Origin.Http1Port, AppProtocol.Http1);
        Cluster(config, "echo.default", 7, ((IPEndPoint)_echo.LocalEndpoint).Port, AppProtocol.Tcp);
        return config;
    }

    private static void Cluster(StaticConfig config, string service, uint port, int at, AppProtocol protocol)
    {
        config.Clusters.Add(new Cluster { Name = $"{service}:{port}", Service = service, Namespace = "default", Port = port, Protocol = protocol });
        config.EndpointSets.Add(new EndpointSet { Name = $"{service}:{port}", Endpoints = { new Endpoint { Address = "127.0.0.1", Port = (uint)at, Weight = 1 } } });
    }

    private async Task EchoAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _echo.AcceptTcpClientAsync();
                _ = client.GetStream().CopyToAsync(client.GetStream()).ContinueWith(_ => client.Dispose(), TaskScheduler.Default);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }
}
