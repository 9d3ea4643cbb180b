using System.Net;
using Weft.Model.V1;

namespace Weft.World.DataPath.Edge;

/// <summary>TLS that the proxy begins towards servers outside the mesh.</summary>
public sealed class OriginTlsTests
{
    private const string Ours = "ours", Others = "others", Machine = "machine";

    // mode, sni, names to verify, authority, names of the server, what the client gets
    public static TheoryData<UpstreamTls.Types.Mode, string, string[], string, string[], string> Origins => new()
    {
        { UpstreamTls.Types.Mode.Simple, "a.example.com", [], Ours, ["a.example.com"], "origin sni=a.example.com client=\n200" },
        { UpstreamTls.Types.Mode.Simple, "a.example.com", [], Ours, ["*.example.com"], "origin sni=a.example.com client=\n200" },
        { UpstreamTls.Types.Mode.Simple, "a.b.example.com", [], Ours, ["*.example.com"], "503" },
        { UpstreamTls.Types.Mode.Simple, "b.example.com", [], Ours, ["a.example.com"], "503" },
        { UpstreamTls.Types.Mode.Simple, "b.example.com", ["x.example.com", "a.example.com"], Ours, ["a.example.com"], "origin sni=b.example.com client=\n200" },
        { UpstreamTls.Types.Mode.Simple, "b.example.com", ["spiffe://td/ns/n/sa/s"], Ours, ["a", "spiffe://td/ns/n/sa/s"], "origin sni=b.example.com client=\n200" },
        { UpstreamTls.Types.Mode.Simple, "a.example.com", ["spiffe://td/ns/n/sa/other"], Ours, ["a.example.com", "spiffe://td/ns/n/sa/s"], "503" },
        { UpstreamTls.Types.Mode.Simple, "", [], Ours, ["tls.default.svc.cluster.local"], "origin sni=tls.default.svc.cluster.local client=\n200" },
        { UpstreamTls.Types.Mode.Simple, "a.example.com", [], Others, ["a.example.com"], "503" },
        { UpstreamTls.Types.Mode.Simple, "a.example.com", [], Machine, ["a.example.com"], "503" },
        { UpstreamTls.Types.Mode.Mutual, "a.example.com", [], Ours, ["a.example.com"], "origin sni=a.example.com client=CN=client.example.com\n200" },
    };

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task Origin_ByItsNamesAndAuthority_IsTrustedOrNot(UpstreamTls.Types.Mode mode, string sni, string[] verified, string authority, string[] names, string expected)
    {
        using var kit = new EdgeKit();
        using var others = new EdgeAuthority();
        using var origin = new TlsOrigin("origin", kit.Authority.Issue(names)) { AsksForCertificate = mode is UpstreamTls.Types.Mode.Mutual };
        Cluster cluster = Plain(kit, origin.Port);
        cluster.Tls = new UpstreamTls { Mode = mode, Sni = sni, TrustedCaPem = authority switch { Ours => kit.Authority.TrustPem, Others => others.TrustPem, _ => "" } };
        cluster.Tls.SubjectAltNames.Add(verified);
        if (mode is UpstreamTls.Types.Mode.Mutual)
        {
            cluster.Tls.Credential = "default/client";
            kit.Config.Credentials.Add(kit.Authority.Issue("client.example.com").As("default/client"));
        }

        kit.Start();
        Assert.EndsWith(expected, (await GetAsync(kit)).Output);
        Assert.EndsWith(expected, (await GetAsync(kit)).Output); // resumed, where the first one was trusted
    }

    [Theory]
    [InlineData(UpstreamTls.Types.Mode.Simple, true, "200")]
    [InlineData(UpstreamTls.Types.Mode.Mutual, false, "503")]
    public async Task Origin_Unverified_OnlyWhereTheClusterSaysSo(UpstreamTls.Types.Mode mode, bool skips, string expected)
    {
        using var kit = new EdgeKit();
        using var others = new EdgeAuthority();
        using var origin = new TlsOrigin("origin", others.Issue("other.example.com"));
        Plain(kit, origin.Port).Tls = new UpstreamTls { Mode = mode, Sni = "a.example.com", InsecureSkipVerify = skips };
        kit.Start();
        Assert.EndsWith(expected, (await GetAsync(kit)).Output);
    }

    [Fact]
    public async Task Origin_ByCredentialOfSimpleMode_IsTrustedByTheCredentialsAuthority()
    {
        using var kit = new EdgeKit();
        using var origin = new TlsOrigin("origin", kit.Authority.Issue("a.example.com")) { AsksForCertificate = true };
        Plain(kit, origin.Port).Tls = new UpstreamTls { Mode = UpstreamTls.Types.Mode.Simple, Sni = "a.example.com", Credential = "default/ca" };
        kit.Config.Credentials.Add(new Credential { Name = "default/ca", TrustedCaPem = kit.Authority.TrustPem });
        kit.Start();
        Assert.Equal("origin sni=a.example.com client=\n200", (await GetAsync(kit)).Output);
    }

    [Fact]
    public async Task OpaqueConnection_ToATlsOrigin_IsWrapped()
    {
        using var kit = new EdgeKit();
        using var origin = new TlsOrigin("origin", kit.Authority.Issue("a.example.com"));
        kit.Opaque("tcp", "*", origin.Port, null);
        kit.Config.Clusters[0].Tls = new UpstreamTls { Mode = UpstreamTls.Types.Mode.Simple, Sni = "a.example.com", TrustedCaPem = kit.Authority.TrustPem };
        kit.Start();
        using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, kit.Port));
        await client.SendAsync("GET / HTTP/1.1\r\n\r\n");
        Assert.Equal("origin sni=a.example.com client=", (await client.ReadAnswerAsync()).Body);
    }

    /// <summary>Plain HTTP at the gateway, for the service "tls.default" at the origin.</summary>
    private static Cluster Plain(EdgeKit kit, int originPort)
    {
        GatewayListener listener = kit.Https("plain", kit.Authority.Issue("unused"), "*");
        listener.Protocol = AppProtocol.Http1;
        listener.Tls = null;
        Cluster cluster = kit.Cluster("tls.default.svc.cluster.local", 443, originPort);
        cluster.Protocol = AppProtocol.Http1;
        cluster.MaxRequestsPerConnection = 1;
        kit.Config.RouteSets[0].VirtualHosts[0].Routes[0] = new Route { Forward = new Forward { Clusters = { new WeightedCluster { Cluster = cluster.Name, Weight = 100 } } } };
        return cluster;
    }

    private static Task<ToolResult> GetAsync(EdgeKit kit) =>
        Tool.RunAsync("curl", $"-sS --max-time 10 -w \\n%{{http_code}} http://127.0.0.1:{kit.Port}/");
}
