using System.Net;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Outbound;
using Weft.Proxy.State.Cells;
using Weft.Proxy.Tcp;
using Weft.Transport;

namespace Weft.World.DataPath.Edge;

/// <summary>Where an application dialled an address that only a rule says something of.</summary>
public sealed class UnregisteredTests
{
    private const string Egress = "egress.default.svc.cluster.local:80";

    [Fact]
    public async Task EgressProxy_TakesRequestsForUnknownHosts()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        kit.StartServer(origin);
        kit.StartClient(kit.Authority);
        kit.Client!.Replace(ResourceTypes.Workload, "default/web-1", new Workload
        {
            Name = "default/web-1", Namespace = "default", ServiceAccount = "web",
            Outbound = new OutboundPolicy { AllowAny = true, EgressCluster = "api.default.svc.cluster.local:9080" },
        });
        using RawClient client = await RawClient.ConnectAsync(kit.Client.OutboundAddress!);
        await client.SendAsync("GET /x HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        Assert.Contains("host: www.example.org", (await client.ReadAnswerAsync()).Body, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task EgressProxy_TakesOpaqueConnections()
    {
        using var kit = new EdgeKit();
        using RawOrigin origin = new(async c => await c.SendAsync($"told {await c.ReadAsync(4)}"));
        kit.Config.Workload.Outbound = new OutboundPolicy { AllowAny = true, EgressCluster = Egress };
        kit.Cluster("egress.default.svc.cluster.local", 80, origin.Port);
        kit.Start();
        using RawClient client = await RawClient.ConnectAsync(Listen(kit, new IPEndPoint(IPAddress.Parse("203.0.113.9"), 5432)));
        await client.SendAsync("ping");
        Assert.Equal("told ping", await client.ReadToEndAsync());
    }

    /// <summary>A service without endpoints of its own is spoken to as its rule says, too.</summary>
    [Theory]
    [InlineData("a.example.com", "a.example.com", "origin sni=a.example.com")]
    [InlineData("*.example.com", "x.example.com", "origin sni=x.example.com")]
    [InlineData("*.example.com", "x.elsewhere.org", "HTTP/1.1 503")]
    public async Task OriginalDestination_WithTls_IsAskedForTheNameThatIsMeant(string service, string host, string expected)
    {
        using var kit = new EdgeKit();
        using var origin = new TlsOrigin("origin", kit.Authority.Issue("*.example.com"));
        kit.Config.Frontends.Add(new Frontend
        {
            Name = service, Namespace = "default", Hostnames = { service },
            Ports = { new FrontendPort { Port = (uint)origin.Port, Protocol = AppProtocol.Http1, ByHost = true, RouteSet = "r" } },
        });
        var routes = new RouteSet { Name = "r", VirtualHosts = { new VirtualHost { Hosts = { "*" } } } };
        routes.VirtualHosts[0].Routes.Add(new Route { Forward = new Forward { Clusters = { new WeightedCluster { Cluster = "c", Weight = 100 } } } });
        kit.Config.RouteSets.Add(routes);
        kit.Config.Clusters.Add(new Cluster
        {
            Name = "c", Service = service, Namespace = "default", Protocol = AppProtocol.Http1, Discovery = Cluster.Types.Discovery.OriginalDestination,
            Balancer = new Balancer { Kind = Balancer.Types.Kind.OriginalDestination },
            Tls = new UpstreamTls { Mode = UpstreamTls.Types.Mode.Simple, TrustedCaPem = kit.Authority.TrustPem },
        });
        kit.Start();
        int port = kit.Proxy.Path.Parts.Mesh.Frontends.All[0].Ports[0].Port;
        var dialled = new IPEndPoint(IPAddress.Loopback, port);
        int fd = Sockets.Listen(SocketTarget.Ip(IPAddress.Loopback, 0));
        IPEndPoint address = Sockets.LocalAddress(fd)!;
        kit.Proxy.Path.Listen(fd, (loop, connection) => HttpSession.RunAsync(loop, connection, OutboundConnection.Describe(connection.RemoteAddress, port, dialled),
            new OutboundHttp(loop, new OutboundDestination(dialled, IpValue.From(dialled.Address), loop.Parts.Mesh.Frontends.All[0].Ports[0]))), "test");
        using RawClient client = await RawClient.ConnectAsync(address);
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
        (string head, string body) = await client.ReadAnswerAsync();
        Assert.Contains(expected, head + body);
    }

    private static IPEndPoint Listen(EdgeKit kit, IPEndPoint dialled)
    {
        int fd = Sockets.Listen(SocketTarget.Ip(IPAddress.Loopback, 0));
        IPEndPoint address = Sockets.LocalAddress(fd)!;
        kit.Proxy.Path.Listen(fd, (loop, connection) => TcpForwarder.RunOutboundAsync(loop, connection, new OutboundDestination(dialled, IpValue.From(dialled.Address), null), connection.RemoteAddress), "test");
        return address;
    }
}
