using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using Weft.Policy.Limits;
using Weft.Policy.Retries;
using Weft.Primitives;

namespace Weft.Unit.Policy;

public sealed class LimitTests
{
    /// <summary>Retry conditions, how the attempt ended, and whether it is tried again.</summary>
    public static TheoryData<RetryOn[], AttemptOutcome, bool> Outcomes { get; } = new()
    {
        { [RetryOn.ConnectFailure], Failed(Fault.UpstreamRefused), true },
        { [RetryOn.ConnectFailure], Failed(Fault.UpstreamConnectTimedOut), true },
        { [RetryOn.ConnectFailure], Failed(Fault.UpstreamReset, started: true), false },
        { [RetryOn.ConnectFailure], Answered(503), false },
        { [RetryOn.Reset], Failed(Fault.UpstreamReset, started: true), true },
        { [RetryOn.ResetBeforeRequest], Failed(Fault.UpstreamReset, started: true), false },
        { [RetryOn.ResetBeforeRequest], Failed(Fault.UpstreamReset), true },
        { [RetryOn._5Xx], Answered(500), true },
        { [RetryOn._5Xx], Failed(Fault.UpstreamReset, started: true), true },
        { [RetryOn._5Xx], Failed(Fault.UpstreamTimedOut, started: true), true },
        { [RetryOn._5Xx], Answered(429), false },
        { [RetryOn.GatewayError], Answered(500), false },
        { [RetryOn.GatewayError], Answered(503), true },
        { [RetryOn.Retriable4Xx], Answered(409), true },
        { [RetryOn.Retriable4Xx], Answered(404), false },
        { [RetryOn.GrpcUnavailable], Answered(200) with { GrpcStatus = 14 }, true },
        { [RetryOn.GrpcUnavailable], Answered(200) with { GrpcStatus = 13 }, false },
        { [RetryOn.RefusedStream], Failed(Fault.UpstreamReset, started: true) with { Unprocessed = true }, true },
        { [RetryOn.IdempotentReset], Failed(Fault.UpstreamReset, started: true) with { ReusedConnection = true, Idempotent = true }, true },
        { [RetryOn.IdempotentReset], Failed(Fault.UpstreamReset, started: true) with { ReusedConnection = true }, false },
        { [RetryOn.IdempotentReset], Failed(Fault.UpstreamReset, started: true) with { Idempotent = true }, false },
        { [RetryOn._5Xx], Failed(Fault.UpstreamOverflow), false },
        { [RetryOn._5Xx], Failed(Fault.ClientClosed), false },
    };

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void Retries_Outcome_FollowsItsConditions(RetryOn[] on, AttemptOutcome outcome, bool again) =>
        Assert.Equal(again, new RetryModel(new RetryPolicy { Attempts = 1, On = { on } }).Retries(outcome));

    [Fact]
    public void Retries_ListedStatus_AndTimeoutOfATry()
    {
        var model = new RetryModel(new RetryPolicy { Attempts = 1, Statuses = { 418, 504 } });
        Assert.True(model.Retries(Answered(418)));
        Assert.True(model.Retries(Failed(Fault.UpstreamTimedOut, started: true)));
        Assert.False(model.Retries(Answered(503)));
    }

    [Fact]
    public void Retries_NoAttempts_Never() =>
        Assert.False(new RetryModel(new RetryPolicy { On = { RetryOn._5Xx } }).Retries(Answered(500)));

    [Fact]
    public void Backoff_Grows_ToItsCap()
    {
        var model = new RetryModel(new RetryPolicy { Attempts = 5 });
        Assert.Equal(TimeSpan.Zero, model.Backoff(1, 0));
        Assert.InRange(model.Backoff(1, ulong.MaxValue).TotalMilliseconds, 24.9, 25);
        Assert.InRange(model.Backoff(2, ulong.MaxValue).TotalMilliseconds, 74.9, 75);
        Assert.InRange(model.Backoff(9, ulong.MaxValue).TotalMilliseconds, 249, 250);
    }

    [Theory]
    [InlineData(1, 0, 100)]
    [InlineData(1, ulong.MaxValue, 100)]
    [InlineData(2, 0, 100)]
    [InlineData(2, ulong.MaxValue, 300)]
    public void Backoff_WithALeast_NeverFallsBelowIt(int retry, ulong random, double milliseconds)
    {
        Duration wait = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100));
        var model = new RetryModel(new RetryPolicy { Attempts = 5, BackoffBase = wait, BackoffMin = wait });
        Assert.InRange(model.Backoff(retry, random).TotalMilliseconds, milliseconds - 0.1, milliseconds);
    }

    [Fact]
    public void Load_LimitReached_RefusesUntilReleased()
    {
        var load = new ClusterLoadState();
        load.Configure(new ConnectionLimits { Requests = 2 }, null);
        Assert.True(load.TryAcquireRequest(TimeSpan.Zero));
        Assert.True(load.TryAcquireRequest(TimeSpan.Zero));
        Assert.False(load.TryAcquireRequest(TimeSpan.Zero));
        load.ReleaseRequest();
        Assert.True(load.TryAcquireRequest(TimeSpan.Zero));
        Assert.True(load.Connections.TryEnter());
        Assert.Equal((2, 1, 1, 0), (load.Used(ClusterResource.Requests), load.Overflows(ClusterResource.Requests), load.Used(ClusterResource.Connections), load.Overflows(ClusterResource.Connections)));
    }

    [Fact]
    public void Load_NewLimits_KeepWhatIsInUse()
    {
        var load = new ClusterLoadState();
        Assert.True(load.Connections.TryPend());
        load.Configure(new ConnectionLimits { Pending = 1 }, null);
        Assert.False(load.Connections.TryPend());
        Assert.Equal((1, 1), (load.Used(ClusterResource.Pending), load.Overflows(ClusterResource.Pending)));
    }

    [Fact]
    public void Budget_OfRequestsInFlight_GivesItsShareAndItsMinimum()
    {
        var budget = new RetryBudgetState(new RetryBudgetModel(new RetryBudget { Percent = 20, MinConcurrent = 3 }));
        Assert.True(budget.TryRetry(TimeSpan.Zero, 1, 2));
        Assert.False(budget.TryRetry(TimeSpan.Zero, 1, 3));
        Assert.True(budget.TryRetry(TimeSpan.Zero, 100, 19));
        Assert.False(budget.TryRetry(TimeSpan.Zero, 100, 20));
    }

    [Fact]
    public void Budget_OfAWindow_ForgetsAfterIt()
    {
        var budget = new RetryBudgetState(new RetryBudgetModel(new RetryBudget { Percent = 20, Window = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)) }));
        var start = TimeSpan.FromHours(1);
        for (int i = 0; i < 10; i++)
        {
            budget.RequestStarted(start);
        }

        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => budget.TryRetry(start + TimeSpan.FromSeconds(1), 10, 0)));
        Assert.False(budget.TryRetry(start + TimeSpan.FromSeconds(11), 10, 0));
    }

    [Fact]
    public void Budget_SameConfigurationAgain_IsNotRefilled()
    {
        var load = new ClusterLoadState();
        load.Configure(null, new RetryBudget { Percent = 10, MinPerSecond = 1 });
        var budget = load.Budget;
        load.Configure(null, new RetryBudget { Percent = 10, MinPerSecond = 1 });
        Assert.Same(budget, load.Budget);
    }

    [Fact]
    public void RateLimit_Burst_ThenSteadyRate()
    {
        var limit = new RateLimitState(new RateLimitModel(perSecond: 10, burst: 3));
        var now = TimeSpan.FromHours(1);
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => limit.TryTake(now, out var _)));
        Assert.False(limit.TryTake(now, out var wait));
        Assert.Equal(TimeSpan.FromMilliseconds(100), wait);
        Assert.True(limit.TryTake(now + wait, out _));
        Assert.False(limit.TryTake(now + wait, out _));
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => limit.TryTake(now + TimeSpan.FromMinutes(1), out var _)));
    }

    private static AttemptOutcome Answered(int status) => new(Fault.None, status, -1, true, false, false, false);

    private static AttemptOutcome Failed(Fault fault, bool started = false) => new(fault, 0, -1, started, false, false, false);

    /// <summary>One is always borne, beyond that a share of what is in flight; without hedging none.</summary>
    [Theory]
    [InlineData(10.0, 1, 1)]
    [InlineData(10.0, 40, 4)]
    [InlineData(0.0, 40, 1)]
    [InlineData(100.0, 3, 3)]
    public void HedgeBudget_RequestsInFlight_BearAShare(double percent, int requests, int hedges)
    {
        var load = new ClusterLoadState();
        Assert.False(load.TryAcquireHedge(TimeSpan.Zero));
        load.Configure(null, null, HedgingModel.Compile(new Hedging { After = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1)), BudgetPercent = percent }));
        for (int i = 0; i < requests; i++)
        {
            Assert.True(load.TryAcquireRequest(TimeSpan.Zero));
        }

        int taken = 0;
        while (load.TryAcquireHedge(TimeSpan.Zero))
        {
            taken++;
        }

        Assert.Equal(hedges, taken);
        load.ReleaseHedge();
        Assert.True(load.TryAcquireHedge(TimeSpan.Zero));
    }

    [Fact]
    public void Hedging_WithoutATime_IsNone() => Assert.Null(HedgingModel.Compile(new Hedging { Attempts = 2 }));
}
