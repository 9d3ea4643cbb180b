using Weft.Policy;

namespace Weft.Unit.Policy;

public sealed class IpTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "10.1.2.4", false)]
    [InlineData("0.0.0.0/0", "255.1.2.3", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.1.1", true)] // a dual-stack socket's peer is what it is
    public void Block_Contains_ComparesPrefixes(string block, string address, bool contains)
    {
        Assert.True(IpBlock.TryParse(block, out var parsed));
        Assert.True(IpValue.TryParse(address, out var ip));
        Assert.Equal(contains, parsed.Contains(ip));
        Assert.False(parsed.Contains(default));
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0/8")]
    [InlineData("2001:db8::/129")]
    [InlineData("example.com")]
    [InlineData("")]
    public void Block_Malformed_IsRefused(string block) => Assert.False(IpBlock.TryParse(block, out _));
}
