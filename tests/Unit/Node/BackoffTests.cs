using Weft.Node.Processes;

namespace Weft.Unit.Node;

public sealed class BackoffTests
{
    [Fact]
    public void Next_FailureAfterFailure_DoublesUpToTheLongest()
    {
        var backoff = new Backoff();
        Assert.Equal(Backoff.First, backoff.Next(TimeSpan.Zero));
        Assert.Equal(Backoff.First * 2, backoff.Next(TimeSpan.Zero));
        for (int i = 0; i < 100; i++) { backoff.Next(TimeSpan.Zero); }
        Assert.Equal(Backoff.Longest, backoff.Next(TimeSpan.Zero));
    }

    [Fact]
    public void Next_AfterAHealthyLife_StartsAgainFromTheFirst()
    {
        var backoff = new Backoff();
        for (int i = 0; i < 5; i++) { backoff.Next(TimeSpan.Zero); }
        Assert.Equal(Backoff.First, backoff.Next(Backoff.Healthy));
    }
}
