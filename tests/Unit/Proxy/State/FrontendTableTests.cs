using System.Text;
using Weft.Model.V1;
using Weft.Policy;

namespace Weft.Unit.Proxy.State;

public sealed class FrontendTableTests
{
    private readonly StateKit _kit = new();

    public FrontendTableTests() => _kit.Apply("Frontend",
        ("reviews.default.svc.cluster.local", StateKit.Reviews()),
        ("reviews.other.svc.cluster.local", StateKit.Reviews("other")),
        ("*.example.com", new Frontend
        {
            Name = "*.example.com", Namespace = "default", Hostnames = { "*.example.com" }, Ports = { new FrontendPort { Port = 443, Protocol = AppProtocol.Tls } },
        }),
        ("www.example.com", new Frontend
        {
            Name = "www.example.com", Namespace = "default", Hostnames = { "www.example.com" }, Ports = { new FrontendPort { Port = 80, Protocol = AppProtocol.Http1 } },
        }));

    [Theory]
    [InlineData("reviews", 9080, "reviews.default.svc.cluster.local")]
    [InlineData("reviews:9080", 9080, "reviews.default.svc.cluster.local")]
    [InlineData("reviews.default.svc.cluster.local.", 9080, "reviews.default.svc.cluster.local")]
    [InlineData("reviews.other", 9080, "reviews.other.svc.cluster.local")]
    [InlineData("reviews", 9081, null)]
    [InlineData("ratings", 9080, null)]
    [InlineData("api.example.com", 443, "*.example.com")]
    [InlineData("a.b.example.com", 443, "*.example.com")]
    [InlineData("example.com", 443, null)]
    [InlineData("www.example.com", 80, "www.example.com")]
    [InlineData("www.example.com", 443, "*.example.com")]
    [InlineData("[::1]:9080", 9080, null)]
    [InlineData("", 9080, null)]
    public void FindByHost_Authority_FindsItsFrontend(string authority, int port, string? expected) =>
        Assert.Equal(expected, _kit.Mesh.Frontends.FindByHost(Encoding.ASCII.GetBytes(authority), port)?.Frontend.Name);

    [Fact]
    public void FindByAddress_VirtualAddress_FindsItsPort()
    {
        Assert.True(IpValue.TryParse("240.240.0.2", out IpValue address));
        Assert.Equal("reviews.other.svc.cluster.local", _kit.Mesh.Frontends.FindByAddress(address, 9080)?.Frontend.Name);
        Assert.Null(_kit.Mesh.Frontends.FindByAddress(address, 80));
    }

    [Fact]
    public void FindByName_ShortName_IsOwnNamespaceOnly() =>
        Assert.Equal(["reviews.default.svc.cluster.local"], _kit.Mesh.Frontends.FindByName("Reviews").Select(f => f.Name));

    [Fact]
    public void Hostnames_BeginningsOfTheNameOrNot_AreAllFound()
    {
        string[][] cases =
        [
            ["shop.team.svc.cluster.local", "shop.team", "shop.team.svc"],
            ["Shop.Example.org", "www.example.org"],
            [.. Enumerable.Range(1, 9).Select(i => "abcdefghij"[..i])],
            [new string('n', 255)],
            [],
        ];
        foreach (string[] hostnames in cases)
        {
            string name = hostnames.Length == 0 ? "nameless" : hostnames[0].Length == 1 ? "abcdefghij" : hostnames[0];
            _kit.Apply("Frontend", (name, new Frontend { Name = name, Namespace = "team", Hostnames = { hostnames }, Ports = { new FrontendPort { Port = 80, RouteSet = $"{name}:80" } } }));
            string[] lower = [.. hostnames.Select(h => h.ToLowerInvariant())];
            Assert.Equal(lower, _kit.Mesh.Frontends.All.Single(f => f.Name == name).Hostnames);
            Assert.All(lower, h => Assert.Equal($"{name}:80", _kit.Mesh.Frontends.FindByHost(Encoding.ASCII.GetBytes(h), 80)?.Routes?.Name));
        }
    }

    [Fact]
    public void FindByHost_NameOfTwoWithDifferentPorts_FindsEach()
    {
        foreach ((string name, uint port) in (ReadOnlySpan<(string, uint)>)[("b.entry", 443), ("a.entry", 80)])
        {
            _kit.Apply("Frontend", (name, new Frontend { Name = name, Namespace = "default", Hostnames = { "shared.example" }, Ports = { new FrontendPort { Port = port, TcpRouteSet = "t" } } }));
        }

        Assert.Equal("a.entry", _kit.Mesh.Frontends.FindByHost("shared.example"u8, 80)?.Frontend.Name);
        Assert.Equal("b.entry", _kit.Mesh.Frontends.FindByHost("shared.example"u8, 443)?.Frontend.Name);
        Assert.Equal("t", _kit.Mesh.Frontends.FindByHost("shared.example"u8, 443)?.RoutesName);
        Assert.Equal("t", _kit.Mesh.Frontends.FindByHost("shared.example"u8, 443)?.TcpRoutes?.Name);
        Assert.Equal(["a.entry", "b.entry"], _kit.Mesh.Frontends.FindByName("shared.example").Select(f => f.Name));
    }

    [Fact]
    public void FindByAddress_ThousandsOfAddresses_FindsEach()
    {
        byte[][] addresses = [.. Enumerable.Range(0, 5_000).Select(i => new byte[] { 10, (byte)(i >> 16), (byte)(i >> 8), (byte)i })];
        _kit.Apply("Frontend", [.. addresses.Chunk(3).Select((some, i) => ($"f{i}", (Google.Protobuf.IMessage)new Frontend
        {
            Name = $"f{i}", Namespace = "default", VirtualAddresses = { some.Select(a => Google.Protobuf.ByteString.CopyFrom(a)) }, Ports = { new FrontendPort { Port = 80 } },
        }))]);
        Assert.All(addresses.Index(), a => Assert.Equal($"f{a.Index / 3}", _kit.Mesh.Frontends.FindByAddress(IpValue.From(a.Item))?.Name));
        Assert.Equal(["10.0.0.3", "10.0.0.4", "10.0.0.5"], _kit.Mesh.Frontends.All.Single(f => f.Name == "f1").VirtualAddresses.Select(a => a.ToString()));
    }

    [Fact]
    public void Remove_Frontend_IsNoLongerFound()
    {
        _kit.Remove("Frontend", "reviews.default.svc.cluster.local");
        Assert.Null(_kit.Mesh.Frontends.FindByHost("reviews"u8, 9080));
    }

    [Fact]
    public void FindByHost_Warm_AllocatesNothing()
    {
        _ = _kit.Mesh.Frontends.FindByHost("api.example.com:443"u8, 443);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            _ = _kit.Mesh.Frontends.FindByHost("api.example.com:443"u8, 443);
        }

        Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
