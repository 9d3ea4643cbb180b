using System.Collections.Immutable;
using System.Net;
using Weft.Proxy.Dns;
using Weft.Proxy.State.Names;

namespace Weft.Unit.Proxy.State;

public sealed class WatchedNameTests
{
    private static readonly ImmutableArray<IPAddress> s_addresses = [IPAddress.Parse("192.0.2.1")];

    private readonly WatchedNameState _name = new("db.test");

    [Fact]
    public void Found_IsAskedForAgainWhenItExpires_AlittleLaterEach()
    {
        var answer = NameAnswer.Of(s_addresses, validUntilMs: 61_000);
        _name.Take(answer, nowMs: 1_000);
        Assert.Equal(60_000, _name.PauseMs(answer, 1_000, draw: 0));
        Assert.Equal(66_000, _name.PauseMs(answer, 1_000, draw: 1));
    }

    [Theory]
    [InlineData(0, 1_000)]                     // expired already: the floor
    [InlineData(long.MaxValue, 3_600_000)]     // a literal: the ceiling
    public void Found_ForAnyTime_IsAskedForWithinTheLimits(long validUntilMs, long pauseMs)
    {
        var answer = NameAnswer.Of(s_addresses, validUntilMs);
        _name.Take(answer, 0);
        Assert.Equal(pauseMs, _name.PauseMs(answer, 0, draw: 0));
    }

    [Fact]
    public void Unknown_KeepsTheAddressesAndWaitsLongerEachTime()
    {
        _name.Take(NameAnswer.Of(s_addresses, 1_000), 0);
        long[] pauses = [.. Enumerable.Range(0, 8).Select(_ =>
        {
            _name.Take(NameAnswer.Unknown, 1_000_000);
            return _name.PauseMs(NameAnswer.Unknown, 1_000_000, draw: 1);
        })];
        Assert.Equal([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000], pauses);
        Assert.Equal(s_addresses, _name.Addresses);
        Assert.True(_name is { IsSettled: true, IsFailing: true });
    }

    [Fact]
    public void NoName_SaidForTheWholeGrace_TakesTheAddresses()
    {
        var gone = new NameAnswer(NameStatus.NoName, [], 600_000);
        _name.Take(NameAnswer.Of(s_addresses, 1_000), 0);
        _name.Take(gone, 10_000);
        Assert.Equal(s_addresses, _name.Addresses);
        Assert.Equal(NameLimits.GoneLookMs, _name.PauseMs(gone, 10_000, draw: 0)); // not only when the "no" expires
        _name.Take(NameAnswer.Unknown, 20_000);                                    // says nothing for or against
        _name.Take(gone, 10_000 + NameLimits.GoneAfterMs - 1);
        Assert.Equal(s_addresses, _name.Addresses);
        _name.Take(gone, 10_000 + NameLimits.GoneAfterMs);
        Assert.Empty(_name.Addresses);
    }

    [Fact]
    public void NoName_BetweenTwoAnswers_IsForgotten()
    {
        var gone = new NameAnswer(NameStatus.NoAddress, [], 0);
        _name.Take(NameAnswer.Of(s_addresses, 1_000), 0);
        _name.Take(gone, 10_000);
        _name.Take(NameAnswer.Of(s_addresses, 1_000), 20_000);
        _name.Take(gone, 10_000 + NameLimits.GoneAfterMs);
        Assert.Equal(s_addresses, _name.Addresses);
    }
}
