using Weft.Model.V1;
using Weft.Policy;

namespace Weft.Unit.Proxy.State;

public sealed class AddressBlocksTests
{
    private readonly StateKit _kit = new();

    public AddressBlocksTests() => _kit.Apply("Frontend",
        ("reviews.default.svc.cluster.local", StateKit.Reviews("other")),
        ("a.wide", Entry("a.wide", "192.168.0.0/16")),
        ("b.narrow", Entry("b.narrow", "192.168.7.0/24", "240.240.0.0/16")),
        ("c.six", Entry("c.six", "2001:db8::/32")),
        ("d.any", new Frontend { Name = "d.any", Namespace = "default", Ports = { new FrontendPort { Port = 5432, Protocol = AppProtocol.Tcp, AnyAddress = true } } }));

    [Theory]
    [InlineData("192.168.1.1", 27018, "a.wide")]
    [InlineData("192.168.7.1", 27018, "b.narrow")]
    [InlineData("192.168.7.1", 80, null)]
    [InlineData("192.169.0.1", 27018, null)]
    [InlineData("2001:db8::7", 27018, "c.six")]
    [InlineData("203.0.113.1", 5432, "d.any")]
    [InlineData("192.168.1.1", 5432, "d.any")]
    [InlineData("240.240.0.2", 9080, "reviews.other.svc.cluster.local")] // whose own address it is comes before any block
    [InlineData("240.240.0.2", 27018, null)]
    [InlineData("240.240.9.9", 27018, "b.narrow")]
    public void FindByAddress_InABlockOrAnywhere_FindsWhoeverIsNearest(string text, int port, string? expected)
    {
        Assert.True(IpValue.TryParse(text, out IpValue address));
        Assert.Equal(expected, _kit.Mesh.Frontends.FindByAddress(address, port)?.Frontend.Name);
    }

    private static Frontend Entry(string name, params string[] blocks) => new()
    {
        Name = name, Namespace = "default", AddressBlocks = { blocks }, Ports = { new FrontendPort { Port = 27018, Protocol = AppProtocol.Tcp } },
    };
}
