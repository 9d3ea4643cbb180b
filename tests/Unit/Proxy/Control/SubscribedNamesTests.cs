using Weft.Proxy.Control;

namespace Weft.Unit.Proxy.Control;

public sealed class SubscribedNamesTests
{
    [Theory]
    [InlineData("0123456789abcdef01234567")]
    [InlineData("0123456789ABCDEF01234567")]
    [InlineData("0123456789abcdef0123456z")]
    [InlineData("0123456789abcdef0123456")]
    [InlineData("v1")]
    [InlineData("")]
    public void Held_VersionOfAnyForm_ComesBackAsItWas(string version)
    {
        var names = new SubscribedNames();
        names.Hold("a", "other");
        names.Hold("a", version);
        Assert.Equal(("a", version), Assert.Single(names.Held.Select(h => (h.Key, h.Value))));
        Assert.Empty(names.Asked);
    }

    [Fact]
    public void Ask_Twice_CountsOnce()
    {
        var names = new SubscribedNames();
        Assert.True(names.Ask("a"));
        names.Hold("a", "v1");
        Assert.False(names.Ask("a"));
        Assert.Equal(1, names.AskedCount);
        Assert.Equal(["a"], names.Asked);
    }

    [Fact]
    public void Drop_Name_IsStillAskedForButHeldNoMore()
    {
        var names = new SubscribedNames();
        names.Ask("a");
        names.Hold("a", "v1");
        names.Hold("b", "0123456789abcdef01234567");
        names.Drop("a");
        names.Drop("b");
        names.Drop("c");
        names.TrimExcess();
        Assert.Equal(["a"], names.Asked);
        Assert.Empty(names.Held);
    }
}
