using System.Net;
using Weft.Model.V1;

namespace Weft.World.DataPath.Edge;

/// <summary>The PROXY protocol in and out, with HAProxy before us and nginx behind.</summary>
public sealed class ProxyProtocolTests
{
    private const string Caller = "203.0.113.9";

    [Theory]
    [InlineData($"PROXY TCP4 {Caller} 198.51.100.1 40000 443\r\n", Caller)]
    [InlineData("PROXY UNKNOWN\r\n", "127.0.0.1")]
    public async Task Listener_WithAHeader_TakesTheCallerFromIt(string header, string expected)
    {
        using RawOrigin origin = RawOrigin.Telling();
        using EdgeKit kit = Http(origin.Port);
        using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, kit.Port));
        await client.SendAsync($"{header}GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Contains($"x-forwarded-for: {expected}\r\n", (await client.ReadAnswerAsync()).Body);
    }

    [Fact]
    public async Task Listener_WithoutTheHeaderItDemands_ClosesTheConnection()
    {
        using RawOrigin origin = RawOrigin.Telling();
        using EdgeKit kit = Http(origin.Port);
        ToolResult result = await Tool.RunAsync("curl", $"-sS --max-time 10 http://127.0.0.1:{kit.Port}/");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal(0, origin.Accepted);
    }

    [Theory]
    [InlineData("send-proxy")]
    [InlineData("send-proxy-v2")]
    public async Task Haproxy_BeforeUs_TellsWhoCalled(string version)
    {
        using RawOrigin origin = RawOrigin.Telling();
        using EdgeKit kit = Http(origin.Port);
        int port = EdgeKit.FreePort();
        string config = Path.Combine(kit.Authority.Folder, "haproxy.cfg");
        await File.WriteAllTextAsync(config, $"""
            defaults
              mode http
              timeout connect 5s
              timeout client 5s
              timeout server 5s
            listen in
              bind 127.0.0.1:{port}
              http-request set-src str({Caller})
              server weft 127.0.0.1:{kit.Port} {version}

            """);
        using RunningTool haproxy = await RunningTool.StartAsync("/usr/sbin/haproxy", $"-db -V -f {config}", "Using epoll()");
        ToolResult result = await Tool.RunAsync("curl", $"-sS --max-time 10 http://127.0.0.1:{port}/");
        Assert.Contains($"x-forwarded-for: {Caller}", result.Output);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    public async Task Nginx_BehindUs_LearnsWhoCalled(uint version)
    {
        using var kit = new EdgeKit();
        int port = EdgeKit.FreePort();
        kit.Opaque("tcp", "*", port, null).ProxyProtocol = true;
        kit.Config.Clusters[0].ProxyProtocol = version;
        kit.Start();
        string config = Path.Combine(kit.Authority.Folder, "nginx.conf");
        await File.WriteAllTextAsync(config, $$"""
            daemon off;
            pid {{kit.Authority.Folder}}/nginx.pid;
            error_log stderr notice;
            events { }
            http {
              access_log off;
              server { listen 127.0.0.1:{{port}} proxy_protocol; return 200 "$proxy_protocol_addr:$proxy_protocol_port"; }
            }
            """);
        using RunningTool nginx = await RunningTool.StartAsync("/usr/sbin/nginx", $"-p {kit.Authority.Folder} -c {config}", "start worker process ");
        using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, kit.Port));
        await client.SendAsync($"PROXY TCP4 {Caller} 127.0.0.1 40000 443\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal($"{Caller}:40000", (await client.ReadAnswerAsync()).Body);
    }

    private static EdgeKit Http(int originPort)
    {
        var kit = new EdgeKit();
        GatewayListener listener = kit.Https("plain", kit.Authority.Issue("unused"), "*");
        listener.Protocol = AppProtocol.Http1;
        listener.Tls = null;
        listener.ProxyProtocol = true;
        kit.Cluster("a.default.svc.cluster.local", 80, originPort).Protocol = AppProtocol.Http1;
        kit.Config.RouteSets[0].VirtualHosts[0].Routes[0] = new Route { Forward = new Forward { Clusters = { new WeightedCluster { Cluster = kit.Config.Clusters[0].Name, Weight = 100 } } } };
        kit.Start();
        return kit;
    }
}
