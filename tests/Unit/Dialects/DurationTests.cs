using Weft.Dialects.Fields;

namespace Weft.Unit.Dialects;

public sealed class DurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("1.5s", 1500)]
    [InlineData("250ms", 250)]
    [InlineData("2m", 120_000)]
    [InlineData("1h1m1s", 3_661_000)]
    [InlineData("1500us", 1.5)]
    public void Duration_Written_IsRead(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out TimeSpan value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("5x")]
    [InlineData("1..5s")]
    [InlineData("99999999999999h")]
    public void Duration_OfAnotherForm_IsRefused(string text) => Assert.False(GoDuration.TryParse(text, out _));
}
