using Weft.Model.V1;

namespace Weft.Policy.Retries;

/// <summary>When a request is tried at a further endpoint although its first has not failed. Immutable; only for requests that may be made twice.</summary>
public sealed record HedgingModel
{
    /// <summary>One is always allowed, or a service with little traffic would never be hedged.</summary>
    public const uint ConcurrentMin = 1;

    /// <summary>More than that are a mistake; the surplus is not made.</summary>
    public const uint AttemptsMax = 5;

    private HedgingModel(Hedging hedging)
    {
        After = hedging.After.ToTimeSpan();
        Attempts = (int)Math.Clamp(hedging.Attempts, 1, AttemptsMax);
        Budget = new RetryBudgetModel(new RetryBudget { Percent = Math.Max(hedging.BudgetPercent, 0), MinConcurrent = ConcurrentMin });
    }

    /// <summary>Without the head of an answer, from the start of the first try; each further one waits as long again.</summary>
    public TimeSpan After { get; }

    /// <summary>Beyond the first.</summary>
    public int Attempts { get; }

    /// <summary>Of the cluster's requests in flight.</summary>
    public RetryBudgetModel Budget { get; }

    public static HedgingModel? Compile(Hedging? hedging) => hedging is { After: { } after } && after.ToTimeSpan() > TimeSpan.Zero ? new HedgingModel(hedging) : null;
}
