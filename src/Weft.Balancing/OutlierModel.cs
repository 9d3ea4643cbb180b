using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Primitives;

namespace Weft.Balancing;

/// <summary>How one attempt ended, for outlier detection and latencies.</summary>
/// <param name="Status">What the upstream answered; 0 without an answer.</param>
/// <param name="Fault">Why there was no answer, or none that is one.</param>
/// <param name="Took">From the request's first byte to the response's head; zero when that never came.</param>
public readonly record struct AttemptReport(int Status, Fault Fault, TimeSpan Took);

/// <summary>When an endpoint is taken out, and for how long. Immutable.</summary>
public sealed class OutlierModel
{
    public const int Consecutive5XxDefault = 5;
    public const int MaxEjectionPercentDefault = 10;

    public static readonly TimeSpan IntervalDefault = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan BaseEjectionDefault = TimeSpan.FromSeconds(30);

    /// <summary>No ejection is longer than that (Envoy's max_ejection_time), unless the base is.</summary>
    public static readonly TimeSpan EjectionMax = TimeSpan.FromSeconds(300);

    private readonly ImmutableArray<int> _errorStatuses;

    public OutlierModel(OutlierDetection outlier)
    {
        Consecutive5Xx = (int)outlier.Consecutive5Xx;
        ConsecutiveGatewayErrors = (int)outlier.ConsecutiveGatewayErrors;
        ConsecutiveLocalErrors = (int)outlier.ConsecutiveLocalErrors;
        SplitLocalErrors = outlier.SplitLocalErrors;
        Interval = Positive(outlier.Interval?.ToTimeSpan(), IntervalDefault);
        BaseEjection = Positive(outlier.BaseEjection?.ToTimeSpan(), BaseEjectionDefault);
        MaxEjectionPercent = outlier.MaxEjectionPercent == 0 ? MaxEjectionPercentDefault : (int)Math.Min(outlier.MaxEjectionPercent, 100);
        MinHealthPercent = (int)Math.Min(outlier.MinHealthPercent, 100);
        _errorStatuses = [.. outlier.ErrorStatuses.Select(s => (int)s)];
    }

    /// <summary>0: not asked.</summary>
    public int Consecutive5Xx { get; }

    /// <summary>0: not asked.</summary>
    public int ConsecutiveGatewayErrors { get; }

    /// <summary>0: not asked. Only counts with <see cref="SplitLocalErrors"/>.</summary>
    public int ConsecutiveLocalErrors { get; }

    /// <summary>True: faults without an answer are counted apart; false: they count as server and gateway errors.</summary>
    public bool SplitLocalErrors { get; }

    /// <summary>How long an endpoint must stay in for its next ejection to get shorter by one step.</summary>
    public TimeSpan Interval { get; }

    public TimeSpan BaseEjection { get; }

    public int MaxEjectionPercent { get; }

    /// <summary>With fewer healthy endpoints than that, ejections are passed over. 0: never.</summary>
    public int MinHealthPercent { get; }

    public TimeSpan EjectionTime(int times)
    {
        double ticks = (double)BaseEjection.Ticks * times;
        return TimeSpan.FromTicks((long)Math.Min(ticks, Math.Max(BaseEjection.Ticks, EjectionMax.Ticks)));
    }

    /// <summary>Counts one result; true when the endpoint has now failed often enough in a row.</summary>
    internal bool Count(EndpointState state, in AttemptReport report)
    {
        if (report.Status != 0)
        {
            Volatile.Write(ref state.LocalErrors, 0);
            return CountAnswer(state, report.Status);
        }

        if (report.Fault.Info().Blame is not Blame.Upstream || report.Fault is Fault.UpstreamOverflow or Fault.NoEndpoints)
        {
            return false; // says nothing about the endpoint
        }

        if (SplitLocalErrors)
        {
            return Reached(ref state.LocalErrors, true, ConsecutiveLocalErrors);
        }

        // | and not ||: every count goes on.
        return Reached(ref state.ServerErrors, true, Consecutive5Xx) | Reached(ref state.GatewayErrors, true, ConsecutiveGatewayErrors);
    }

    private bool CountAnswer(EndpointState state, int status) =>
        Reached(ref state.ServerErrors, status >= 500 || _errorStatuses.Contains(status), Consecutive5Xx)
        | Reached(ref state.GatewayErrors, status is 502 or 503 or 504, ConsecutiveGatewayErrors);

    private static bool Reached(ref int count, bool error, int limit)
    {
        if (error)
        {
            return Interlocked.Increment(ref count) >= limit && limit > 0;
        }

        if (Volatile.Read(ref count) != 0)
        {
            Volatile.Write(ref count, 0);
        }

        return false;
    }

    private static TimeSpan Positive(TimeSpan? configured, TimeSpan otherwise) => configured is { } c && c > TimeSpan.Zero ? c : otherwise;
}
