using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Primitives;

namespace Weft.Policy.Retries;

/// <summary>What is known of an attempt that did not succeed.</summary>
/// <param name="Fault">None when the upstream answered with <paramref name="Status"/>.</param>
/// <param name="Status">The status it answered with; 0 without an answer.</param>
/// <param name="GrpcStatus">grpc-status of a trailers-only answer; -1 when there is none.</param>
/// <param name="RequestStarted">A byte of the request left the proxy.</param>
/// <param name="ReusedConnection">The connection had served before, so it may have been closed just then.</param>
/// <param name="Unprocessed">The peer said that it did not look at it: REFUSED_STREAM, or beyond GOAWAY's id (RFC 9113 §8.7).</param>
/// <param name="Idempotent">The method may be sent twice (RFC 9110 §9.2.2).</param>
public readonly record struct AttemptOutcome(
    Fault Fault, int Status, int GrpcStatus, bool RequestStarted, bool ReusedConnection, bool Unprocessed, bool Idempotent);

/// <summary>When and how often to try again. Immutable. The caller never asks once response headers went to the client.</summary>
public sealed class RetryModel
{
    /// <summary>Envoy's base; the longest wait is ten times that unless configured.</summary>
    public static readonly TimeSpan BackoffBaseDefault = TimeSpan.FromMilliseconds(25);

    private const int BackoffMaxFactor = 10;
    private const int ConflictStatus = 409;

    private readonly uint _on;
    private readonly ImmutableArray<int> _statuses;

    public RetryModel(RetryPolicy policy)
    {
        Attempts = (int)Math.Min(policy.Attempts, AttemptsMax);
        On = [.. policy.On.Distinct()];
        _on = On.Aggregate(0u, (bits, on) => bits | (1u << (int)on));
        _statuses = [.. policy.Statuses.Select(s => (int)s).Distinct()];
        PerTryTimeout = policy.PerTryTimeout?.ToTimeSpan() ?? TimeSpan.Zero;
        BackoffBase = policy.BackoffBase?.ToTimeSpan() is { } b && b > TimeSpan.Zero ? b : BackoffBaseDefault;
        BackoffMin = policy.BackoffMin?.ToTimeSpan() ?? TimeSpan.Zero;
        BackoffMax = policy.BackoffMax?.ToTimeSpan() is { } m && m > TimeSpan.Zero ? m : BackoffBase * BackoffMaxFactor;
        AvoidPreviousEndpoints = policy.AvoidPreviousEndpoints;
        LeavesLocality = policy.LeaveLocality;
        Budget = policy.Budget is null ? null : new RetryBudgetModel(policy.Budget);
    }

    /// <summary>More attempts than that are a mistake; the surplus is not made.</summary>
    public static uint AttemptsMax => 100;

    /// <summary>Weft's own: only what is provably unprocessed, or idempotent and lost on a connection that was just closing.</summary>
    public static RetryModel Default { get; } = new(new RetryPolicy
    {
        Attempts = 2,
        On = { RetryOn.ConnectFailure, RetryOn.RefusedStream, RetryOn.IdempotentReset },
        AvoidPreviousEndpoints = true,
    });

    /// <summary>Beyond the first.</summary>
    public int Attempts { get; }

    public ImmutableArray<RetryOn> On { get; }

    public ImmutableArray<int> Statuses => _statuses;

    /// <summary>Zero: the route's timeout alone.</summary>
    public TimeSpan PerTryTimeout { get; }

    public TimeSpan BackoffBase { get; }

    /// <summary>No wait is shorter; zero where clients may come back at once.</summary>
    public TimeSpan BackoffMin { get; }

    public TimeSpan BackoffMax { get; }

    public bool AvoidPreviousEndpoints { get; }

    /// <summary>A further try goes to a locality that none went to, as long as there is one.</summary>
    public bool LeavesLocality { get; }

    public RetryBudgetModel? Budget { get; }

    /// <summary>Whether an attempt that ended so deserves another; the caller counts attempts and asks the budget.</summary>
    public bool Retries(in AttemptOutcome outcome) =>
        Attempts > 0 && (outcome.Fault is Fault.None ? RetriesAnswer(outcome) : RetriesFault(outcome));

    /// <summary>
    /// How long to wait before the retry of that number (from 1): uniform in [0, base·(2ⁿ-1)], within its bounds. Full jitter, so that clients that
    /// failed together do not come back together.
    /// </summary>
    public TimeSpan Backoff(int retry, ulong random)
    {
        double factor = Math.Pow(2, Math.Clamp(retry, 1, 30)) - 1;
        double ticks = Math.Min(BackoffBase.Ticks * factor, BackoffMax.Ticks);
        return TimeSpan.FromTicks(Math.Max(BackoffMin.Ticks, (long)(ticks * (random >> 11) / (1UL << 53))));
    }

    private bool RetriesAnswer(in AttemptOutcome outcome)
    {
        int status = outcome.Status;
        return (Has(RetryOn._5Xx) && status >= 500)
            || (Has(RetryOn.GatewayError) && status is 502 or 503 or 504)
            || (Has(RetryOn.Retriable4Xx) && status == ConflictStatus)
            || _statuses.Contains(status)
            || RetriesGrpc(outcome.GrpcStatus);
    }

    private bool RetriesGrpc(int status) => status switch
    {
        (int)GrpcCode.Cancelled => Has(RetryOn.GrpcCancelled),
        (int)GrpcCode.DeadlineExceeded => Has(RetryOn.GrpcDeadlineExceeded),
        (int)GrpcCode.Internal => Has(RetryOn.GrpcInternal),
        (int)GrpcCode.ResourceExhausted => Has(RetryOn.GrpcResourceExhausted),
        (int)GrpcCode.Unavailable => Has(RetryOn.GrpcUnavailable),
        _ => false,
    };

    private bool RetriesFault(in AttemptOutcome outcome)
    {
        // "5xx" and "gateway-error" include upstreams that do not answer at all (Envoy RetryState).
        bool unanswered = Has(RetryOn._5Xx) || Has(RetryOn.GatewayError) || Has(RetryOn.Reset);
        if (outcome.Unprocessed)
        {
            return unanswered || Has(RetryOn.RefusedStream) || Has(RetryOn.ResetBeforeRequest);
        }

        return outcome.Fault switch
        {
            Fault.UpstreamRefused or Fault.UpstreamUnreachable or Fault.UpstreamConnectTimedOut or Fault.UpstreamHandshakeFailed
                or Fault.UpstreamNameUnresolved => unanswered || Has(RetryOn.ConnectFailure) || (!outcome.RequestStarted && Has(RetryOn.ResetBeforeRequest)),
            Fault.UpstreamReset => unanswered
                || (!outcome.RequestStarted && (Has(RetryOn.ResetBeforeRequest) || Has(RetryOn.ConnectFailure)))
                || (Has(RetryOn.IdempotentReset) && outcome is { ReusedConnection: true, Idempotent: true }),
            Fault.UpstreamTimedOut => unanswered || _statuses.Contains(504),
            Fault.UpstreamMalformed or Fault.UpstreamTruncated => Has(RetryOn._5Xx) || Has(RetryOn.GatewayError) || _statuses.Contains(502),
            _ => false,
        };
    }

    private bool Has(RetryOn on) => (_on & (1u << (int)on)) != 0;
}

/// <summary>How many retries a cluster bears. Immutable; the counting is in <see cref="RetryBudgetState"/>.</summary>
public sealed record RetryBudgetModel
{
    /// <summary>Istio's and Envoy's.</summary>
    public const double PercentDefault = 20;

    /// <summary>Envoy's is 3; Weft holds a budget where nobody asked for one, so a few more for services with little traffic.</summary>
    public const int MinConcurrentDefault = 10;

    private const double WindowSecondsDefault = 10;

    public RetryBudgetModel(RetryBudget budget)
    {
        Percent = budget.Percent > 0 ? Math.Min(budget.Percent, 100) : budget.MinConcurrent + budget.MinPerSecond > 0 ? 0 : PercentDefault;
        MinConcurrent = (int)Math.Min(budget.MinConcurrent, int.MaxValue);
        MinPerSecond = (int)Math.Min(budget.MinPerSecond, int.MaxValue);
        Windowed = budget.Window is not null || budget.MinPerSecond > 0;
        Window = budget.Window?.ToTimeSpan() is { } w && w > TimeSpan.Zero ? w : TimeSpan.FromSeconds(WindowSecondsDefault);
    }

    public static RetryBudgetModel Default { get; } = new(new RetryBudget { Percent = PercentDefault, MinConcurrent = MinConcurrentDefault });

    /// <summary>Of the requests of the cluster.</summary>
    public double Percent { get; }

    /// <summary>Retries in flight that are always allowed.</summary>
    public int MinConcurrent { get; }

    /// <summary>Retries a second that are always allowed.</summary>
    public int MinPerSecond { get; }

    /// <summary>True: a share of the requests of a window (Linkerd, Gateway API); false: of those in flight (Envoy).</summary>
    public bool Windowed { get; }

    public TimeSpan Window { get; }
}
