using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using Weft.Policy.Authorization;
using Weft.Policy.Limits;

namespace Weft.Unit.Policy;

public sealed class RateLimitTests
{
    private static readonly TimeSpan Start = TimeSpan.FromHours(1);

    [Fact]
    public void Limit_Shared_GivesItsBurstThenItsRate()
    {
        RateLimitTable table = Compile(new RateLimit { Requests = 10, Per = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)), Burst = 2 });
        Assert.Equal(2, Taken(table, RequestSample.Of("GET /"), Start, 5));
        Assert.Equal(1, Taken(table, RequestSample.Of("GET /"), Start + TimeSpan.FromMilliseconds(100), 5));
    }

    [Fact]
    public void Limit_UsedUp_SaysWhenToComeAgain()
    {
        RateLimitTable table = Compile(new RateLimit { Requests = 1, Per = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)) });
        Assert.True(table.Decide(RequestSample.Of("GET /"), default, Start).Allowed);
        Assert.Equal(TimeSpan.FromSeconds(10), table.Decide(RequestSample.Of("GET /"), default, Start).RetryAfter);
    }

    [Fact]
    public void Limit_WithAMatch_LeavesOthersAlone()
    {
        RateLimitTable table = Compile(new RateLimit { Requests = 1, Matches = { new RouteMatch { Path = new StringMatch { Prefix = "/a" } } } });
        Assert.Equal(1, Taken(table, RequestSample.Of("GET /a"), Start, 3));
        Assert.Equal(3, Taken(table, RequestSample.Of("GET /b"), Start, 3));
    }

    [Fact]
    public void Limit_ByHeader_GivesEachValueItsOwn()
    {
        RateLimitTable table = Compile(new RateLimit { Requests = 2, Header = "x-user" });
        Assert.Equal(2, Taken(table, RequestSample.Of("GET /", "x-user: a"), Start, 3));
        Assert.Equal(2, Taken(table, RequestSample.Of("GET /", "x-user: b"), Start, 3));
        Assert.Equal(2, Taken(table, RequestSample.Of("GET /"), Start, 3));
    }

    [Fact]
    public void Limit_ThatDidNotChange_KeepsItsCountAcrossTables()
    {
        var limit = new RateLimit { Requests = 2 };
        RateLimitTable first = Compile(limit);
        Assert.Equal(2, Taken(first, RequestSample.Of("GET /"), Start, 2));
        RateLimitTable second = RateLimitTable.Compile("w", [limit.Clone(), new RateLimit { Requests = 5, Path = true }], first);
        Assert.Equal(0, Taken(second, RequestSample.Of("GET /"), Start, 2));
    }

    [Fact]
    public void Keys_BeyondTheirNumber_ShareOneBucketUntilOthersAreFullAgain()
    {
        var state = new KeyedRateLimitState(new RateLimitModel(1, 1), keysMax: 10);
        int taken = 0;
        for (int i = 0; i < 100; i++)
        {
            taken += state.TryTake(BitConverter.GetBytes(i), Start, out _) ? 1 : 0;
        }

        Assert.Equal(11, taken); // ten keys, and all others together
        Assert.Equal(10, state.Count);
        Assert.True(state.TryTake("new"u8, Start + TimeSpan.FromSeconds(5), out _));
        Assert.Equal(1, state.Count);
    }

    [Fact]
    public void Decide_KnownKey_AllocatesNothing()
    {
        RateLimitTable table = Compile(new RateLimit { Requests = 1_000_000, Header = "x-user" });
        RequestSample request = RequestSample.Of("GET /", "x-user: a");
        long before = 0;
        for (int i = 0; i < 200; i++)
        {
            before = i == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            table.Decide(request, default, Start);
        }

        Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static RateLimitTable Compile(RateLimit limit) => RateLimitTable.Compile("w", [limit]);

    private static int Taken(RateLimitTable table, RequestSample request, TimeSpan now, int times) =>
        Enumerable.Range(0, times).Count(_ => table.Decide(request, default(ConnectionFacts), now).Allowed);
}
