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
