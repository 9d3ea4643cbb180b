using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Outbound;
using Weft.Proxy.State.Frontends;
using Weft.Proxy.Tcp;
using Weft.Transport;

namespace Weft.World.DataPath.Edge;

/// <summary>Connections of an application that are routed by the name their handshake asks for.</summary>
public sealed class OutboundNameTests
{
    private static readonly IPEndPoint Dialled = new(IPAddress.Parse("240.240.0.9"), 443);

    [Theory]
    [InlineData("a.example.com", "backend a")]
    [InlineData("x.b.example.com", "backend b")]
    [InlineData("other.example.com", "backend rest")]
    public async Task TlsPort_WithRoutesByName_SendsEachNameToItsOwn(string name, string expected)
    {
        using var kit = new EdgeKit();
        using var a = new TlsOrigin("backend a", kit.Authority.Issue(name));
        using var b = new TlsOrigin("backend b", kit.Authority.Issue(name));
        using var rest = new TlsOrigin("backend rest", kit.Authority.Issue(name));
        Frontend(kit, "tls.example.com");
        kit.Config.TcpRouteSets.Add(new TcpRouteSet { Name = "tls/tcp", Routes = { Route("a", "a.example.com"), Route("b", "*.b.example.com"), Route("rest") } });
        Backend(kit, "a", a.Port);
        Backend(kit, "b", b.Port);
        Backend(kit, "rest", rest.Port);
        kit.Start();
        Assert.StartsWith($"{expected} sni={name}", await AskAsync(Listen(kit, isRegistered: true), name));
    }

    [Theory]
    [InlineData("known.wild.example.com", true)]
    [InlineData("unknown.example.org", false)]
    public async Task UnknownAddress_WithARegisteredName_IsThatFrontend(string name, bool served)
    {
        using var kit = new EdgeKit();
        using var origin = new TlsOrigin("backend", kit.Authority.Issue(name));
        kit.Config.Workload.Outbound = new OutboundPolicy { AllowAny = false };
        Frontend(kit, "*.wild.example.com");
        kit.Config.TcpRouteSets.Add(new TcpRouteSet { Name = "tls/tcp", Routes = { Route("a") } });
        Backend(kit, "a", origin.Port);
        kit.Start();
        string answer = await AskAsync(Listen(kit, isRegistered: false), name);
        Assert.True(served == answer.StartsWith("backend sni=", StringComparison.Ordinal), answer);
        Assert.Contains(name, kit.Log());
    }

    private static void Frontend(EdgeKit kit, string host) => kit.Config.Frontends.Add(new Frontend
    {
        Name = host, Namespace = "default", Hostnames = { host },
        Ports = { new FrontendPort { Port = 443, Protocol = AppProtocol.Tls, TcpRouteSet = "tls/tcp" } },
    });

    private static void Backend(EdgeKit kit, string name, int port) => kit.Cluster($"{name}.example.com", 443, port).Tls = new UpstreamTls { Mode = UpstreamTls.Types.Mode.Disable };

    private static TcpRoute Route(string cluster, params string[] names)
    {
        var route = new TcpRoute { Clusters = { new WeightedCluster { Cluster = $"{cluster}.example.com:443", Weight = 100 } } };
        route.SniHosts.Add(names);
        return route;
    }

    /// <summary>Where the pod's rules would redirect to; every connection counts as dialled to one address.</summary>
    private static IPEndPoint Listen(EdgeKit kit, bool isRegistered)
    {
        int fd = Sockets.Listen(SocketTarget.Ip(IPAddress.Loopback, 0));
        IPEndPoint address = Sockets.LocalAddress(fd)!;
        FrontendPortModel? port = isRegistered ? kit.Proxy.Path.Parts.Mesh.Frontends.FindByHost("tls.example.com"u8, 443) : null;
        Assert.Equal(isRegistered, port is not null);
        kit.Proxy.Path.Listen(fd, ServeAsync, "test");
        return address;

        async LoopTask ServeAsync(ProxyLoop loop, LoopConnection connection)
        {
            if (port is null)
            {
                await connection.ReadAsync(); // what nobody declared is sniffed first
            }

            await TcpForwarder.RunOutboundAsync(loop, connection, new OutboundDestination(Dialled, IpValue.From(Dialled.Address), port), connection.RemoteAddress);
        }
    }

    private static async Task<string> AskAsync(IPEndPoint address, string name)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address).WaitAsync(PathKit.Patience);
        await using var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
        try
        {
            await tls.AuthenticateAsClientAsync(name).WaitAsync(PathKit.Patience);
            await tls.WriteAsync("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"u8.ToArray());
            using var reader = new StreamReader(tls, Encoding.ASCII);
            string answer = await reader.ReadToEndAsync().WaitAsync(PathKit.Patience);
            return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return e.Message;
        }
    }
}
