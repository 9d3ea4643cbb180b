namespace Weft.Policy.Retries;

/// <summary>
/// Keeps retries a small share of the traffic, so that an outage is not made worse by them. Shared by all loops; counts may be off by the few
/// requests that race over the edge of a window's slice.
/// </summary>
public sealed class RetryBudgetState(RetryBudgetModel model)
{
    private const int Slices = 10;

    private readonly Slice[] _slices = model.Windowed ? [.. Enumerable.Range(0, Slices).Select(_ => new Slice())] : [];
    private readonly long _sliceTicks = Math.Max(1, model.Window.Ticks / Slices);

    /// <summary>Of all clusters that say nothing of theirs: it counts what is in flight, and that is counted elsewhere.</summary>
    public static RetryBudgetState Default { get; } = new(RetryBudgetModel.Default);

    public RetryBudgetModel Model { get; } = model;

    /// <summary>Counts a first attempt. Only windowed budgets look at it.</summary>
    public void RequestStarted(TimeSpan now)
    {
        if (Model.Windowed)
        {
            Interlocked.Increment(ref Current(now).Requests);
        }
    }

    /// <summary>Takes one retry from the budget, or says no.</summary>
    /// <param name="now">A monotonic timestamp.</param>
    /// <param name="requestsInFlight">Of the cluster, retries included.</param>
    /// <param name="retriesInFlight">Without the one asked for.</param>
    public bool TryRetry(TimeSpan now, long requestsInFlight, long retriesInFlight)
    {
        if (!Model.Windowed)
        {
            return retriesInFlight < Math.Max(Model.MinConcurrent, Model.Percent / 100 * requestsInFlight);
        }

        if (retriesInFlight < Model.MinConcurrent)
        {
            Interlocked.Increment(ref Current(now).Retries);
            return true;
        }

        ref long retries = ref Current(now).Retries;
        Interlocked.Increment(ref retries); // first take, then look: two loops cannot both take the last one
        var (requestsSum, retriesSum) = Sum(now);
        if (retriesSum <= (Model.Percent / 100 * requestsSum) + (Model.MinPerSecond * Model.Window.TotalSeconds))
        {
            return true;
        }

        Interlocked.Decrement(ref retries);
        return false;
    }

    private Slice Current(TimeSpan now)
    {
        long epoch = now.Ticks / _sliceTicks;
        var slice = _slices[(int)((ulong)epoch % Slices)];
        long seen = Volatile.Read(ref slice.Epoch);
        if (seen != epoch && Interlocked.CompareExchange(ref slice.Epoch, epoch, seen) == seen)
        {
            Volatile.Write(ref slice.Requests, 0);
            Volatile.Write(ref slice.Retries, 0);
        }

        return slice;
    }

    private (long Requests, long Retries) Sum(TimeSpan now)
    {
        long epoch = now.Ticks / _sliceTicks;
        long requests = 0;
        long retries = 0;
        foreach (var slice in _slices)
        {
            if (epoch - Volatile.Read(ref slice.Epoch) is >= 0 and < Slices)
            {
                requests += Volatile.Read(ref slice.Requests);
                retries += Volatile.Read(ref slice.Retries);
            }
        }

        return (requests, retries);
    }

    private sealed class Slice
    {
        public long Epoch = long.MinValue / 2;
        public long Requests;
        public long Retries;
    }
}
