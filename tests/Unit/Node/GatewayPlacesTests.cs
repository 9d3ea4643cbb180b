using System.Text.Json.Nodes;
using Weft.Node.Agent;

namespace Weft.Unit.Node;

/// <summary>Where on a machine the gateway of one Gateway listens.</summary>
public sealed class GatewayPlacesTests
{
    private static readonly GatewayPlaces Places = new("/home/one/.weft", UnprivilegedStart: 1024);

    [Theory]
    [InlineData("""{"addresses":[{"value":"127.0.0.9"}]}""", "127.0.0.9")]
    [InlineData("""{"addresses":[{"value":"192.0.2.1"},{"type":"IPAddress","value":"127.0.0.9"}]}""", "127.0.0.9")]
    [InlineData("""{"addresses":[{"value":"127.0.0.7"},{"value":"127.0.0.9"}]}""", "127.0.0.9")]  // the first is taken
    [InlineData("""{"addresses":[{"value":"192.0.2.1"}]}""", "127.80.")]
    [InlineData("""{"addresses":[{"type":"Hostname","value":"edge.example"}]}""", "127.80.")]
    [InlineData("""{"addresses":[{"type":"IPAddress"}]}""", "127.80.")]
    [InlineData("{}", "127.80.")]
    public void Address_AskedFor_IsGivenWhenItIsOfTheLoopbackAndFree(string spec, string expected) =>
        Assert.StartsWith(expected, Places.AddressFor("default/edge", JsonNode.Parse(spec), ["127.0.0.7"]), StringComparison.Ordinal);

    [Fact]
    public void Address_Drawn_IsTheSameEachTimeAndAnotherForEachGatewayAndMesh()
    {
        string? first = Places.AddressFor("default/edge", null, []);
        Assert.NotNull(first);
        Assert.Equal(first, Places.AddressFor("default/edge", null, []));
        Assert.NotEqual(first, Places.AddressFor("default/edge", null, [first]));
        Assert.NotEqual(first, Places.AddressFor("default/other", null, []));
        Assert.NotEqual(first, (Places with { Home = "/home/two/.weft" }).AddressFor("default/edge", null, []));
    }

    [Theory]
    [InlineData(0, 80, 80)]
    [InlineData(80, 80, 80)]
    [InlineData(1024, 80, 8080)]
    [InlineData(1024, 443, 8443)]
    [InlineData(1024, 8080, 8080)]
    public void Port_BelowWhatTheProcessMayOpen_IsOpenedHigher(int unprivilegedStart, int port, int expected) =>
        Assert.Equal(expected, new GatewayPlaces("/h", unprivilegedStart).Ports.GetValueOrDefault(port, port));
}
