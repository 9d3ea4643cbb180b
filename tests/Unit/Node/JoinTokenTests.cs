using Weft.Node.Control;

namespace Weft.Unit.Node;

public sealed class JoinTokenTests
{
    private static readonly string Root = new('a', 64);

    [Fact]
    public void Parse_TokenAndRoot_GiveAddressAndDiscovery()
    {
        JoinToken token = JoinToken.Parse($"token: secret\nroot: sha256:{Root.ToUpperInvariant()}\n");
        Assert.Equal("secret", token.Token);
        Assert.Equal(Root, token.RootSha256);
        Assert.Equal("mesh.example:15012", token.Mesh("https://mesh.example:15010").Discovery);
        Assert.Equal(Root, token.Address("mesh.example:15010").RootSha256);
    }

    [Theory]
    [InlineData("token: secret")]
    [InlineData("root: aaaa")]
    [InlineData("")]
    public void Parse_WithoutTokenOrWholeHash_IsRefused(string text) => Assert.Throws<FormatException>(() => JoinToken.Parse(text));

    [Fact]
    public void Parse_TokenOfAProxy_IsRefusedAsTheOtherKind()
    {
        var refused = Assert.Throws<FormatException>(() => JoinToken.Parse($"token: weft1.AAAA.BBBB\nroot: {Root}"));
        Assert.Contains("`weft ca token`", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("BBBB", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Address_PlainHttp_IsRefused() =>
        Assert.Throws<FormatException>(() => JoinToken.Parse($"token: t\nroot: {Root}").Address("http://mesh.example:15010"));
}
