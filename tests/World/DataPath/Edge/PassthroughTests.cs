using Weft.Model.V1;

namespace Weft.World.DataPath.Edge;

/// <summary>Connections that a gateway routes by their server name or takes as a whole.</summary>
public sealed class PassthroughTests
{
    private static ServerTls Unopened => new() { Mode = ServerTls.Types.Mode.Passthrough };

    [Fact]
    public async Task Passthrough_ByServerName_ReachesTheBackendsOwnCertificate()
    {
        using var kit = new EdgeKit();
        using var a = new TlsOrigin("backend a", kit.Authority.Issue("a.example.com"));
        using var b = new TlsOrigin("backend b", kit.Authority.Issue("b.deep.example.com"));
        kit.Opaque("a", "a.example.com", a.Port, Unopened);
        kit.Opaque("b", "*.deep.example.com", b.Port, Unopened);
        kit.Https("ended", kit.Authority.Issue("c.example.com"), "c.example.com");
        kit.Start();
        Assert.Equal("backend a sni=a.example.com client=\n200", (await kit.CurlAsync("a.example.com")).Output);
        Assert.Equal("backend b sni=b.deep.example.com client=\n200", (await kit.CurlAsync("b.deep.example.com")).Output);
        Assert.Equal("ended\n200", (await kit.CurlAsync("c.example.com")).Output);
        Assert.Contains("unrecognized name", (await kit.OpensslAsync("d.example.com")).Error);
        string log = kit.Log();
        Assert.Contains("a.example.com", log);
        Assert.Contains("b.deep.example.com", log);
        Assert.Contains("d.example.com", log);
    }

    [Fact]
    public async Task Passthrough_RouteForAnotherName_IsClosed()
    {
        using var kit = new EdgeKit();
        using var a = new TlsOrigin("backend a", kit.Authority.Issue("a.example.com"));
        GatewayListener listener = kit.Opaque("a", "a.example.com", a.Port, Unopened);
        listener.Hosts[0] = "*.example.com";
        kit.Start();
        Assert.Equal(200, int.Parse((await kit.CurlAsync("a.example.com")).Output.Split('\n')[^1], System.Globalization.CultureInfo.InvariantCulture));
        Assert.NotEqual(0, (await kit.CurlAsync("b.example.com")).ExitCode);
    }

    [Fact]
    public async Task AutoPassthrough_NameOfACluster_ReachesIt()
    {
        using var kit = new EdgeKit();
        using var a = new TlsOrigin("backend a", kit.Authority.Issue("outbound_.443_._.a.default.svc.cluster.local"));
        kit.Opaque("a", "*", a.Port, new ServerTls { Mode = ServerTls.Types.Mode.AutoPassthrough });
        kit.Start();
        ToolResult result = await kit.OpensslAsync("outbound_.443_._.a.default.svc.cluster.local", "-quiet", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
        Assert.Contains("backend a sni=outbound_.443_._.a.default.svc.cluster.local", result.Output);
        Assert.NotEqual(0, (await kit.OpensslAsync("outbound_.443_._.x.default.svc.cluster.local")).ExitCode);
    }

    [Fact]
    public async Task Terminated_ToTcp_CarriesPlainBytesBothWays()
    {
        using var kit = new EdgeKit();
        using RawOrigin origin = new(async c => await c.SendAsync($"told {await c.ReadAsync(5)}\n"));
        EdgeCertificate certificate = kit.Authority.Issue("a.example.com");
        kit.Config.Credentials.Add(certificate.As("default/a"));
        kit.Opaque("a", "a.example.com", origin.Port, new ServerTls { Mode = ServerTls.Types.Mode.Simple, Credentials = { "default/a" } });
        kit.Start();
        ToolResult result = await kit.OpensslAsync("a.example.com", "-quiet -alpn h2", "hello");
        Assert.Contains("told hello", result.Output);
    }

    [Fact]
    public async Task Port_WithPlainAndSecureListeners_ServesBoth()
    {
        using var kit = new EdgeKit();
        GatewayListener plain = kit.Https("plain", kit.Authority.Issue("a.example.com"), "*");
        plain.Protocol = AppProtocol.Http1;
        plain.Tls = null;
        kit.Https("secure", kit.Authority.Issue("a.example.com"), "a.example.com");
        kit.Start();
        Assert.Equal("secure\n200", (await kit.CurlAsync("a.example.com")).Output);
        Assert.Equal("plain", (await Tool.RunAsync("curl", $"-sS --max-time 10 http://127.0.0.1:{kit.Port}/")).Output);
    }
}
