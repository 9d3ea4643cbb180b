using Weft.Node.Agent;

namespace Weft.Unit.Node;

public sealed class ImageMapTests
{
    [Theory]
    [InlineData("registry.istio.io/release/examples-bookinfo-details-v1:1.20.3", "registry.istio.io/release/examples-bookinfo-details-v1")]
    [InlineData("localhost:5000/app", "localhost:5000/app")]
    [InlineData("localhost:5000/app:2", "localhost:5000/app")]
    [InlineData("app@sha256:abc", "app")]
    [InlineData("app:1@sha256:abc", "app")]
    public void WithoutTag_AnyReference_LeavesRegistryAndName(string image, string expected) => Assert.Equal(expected, ImageMap.WithoutTag(image));

    [Fact]
    public void Find_TaggedEntry_WinsOverTheUntagged()
    {
        var map = new ImageMap(new Dictionary<string, LocalProgram> { ["app"] = new(["any"]), ["app:2"] = new(["second"]) });
        Assert.Equal(["second"], map.Find("app:2")!.Command);
        Assert.Equal(["any"], map.Find("app:1")!.Command);
        Assert.Null(map.Find("other"));
    }
}
