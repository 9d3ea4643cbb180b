using Weft.Model.V1;
using Weft.Policy.Retries;
using Weft.Primitives;

namespace Weft.Policy.Limits;

/// <summary>What a cluster's limits count.</summary>
public enum ClusterResource : byte
{
    Connections,

    /// <summary>Requests that wait for a connection.</summary>
    Pending,
    Requests,
    Retries,

    /// <summary>Further tries of requests whose first is still under way.</summary>
    Hedges,
}

/// <summary>
/// How much of a cluster is in use, in the whole proxy. Lives as long as the cluster's name does and across its models; all loops share it.
/// Every acquired unit is released by the one who acquired it.
/// </summary>
public sealed class ClusterLoadState
{
    private readonly PaddedCounter[] _used = [new(), new(), new(), new(), new()];
    private long[] _limits = [long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue];
    private RetryBudgetState _budget = new(RetryBudgetModel.Default);
    private RetryBudgetState? _hedgeBudget;

    /// <summary>How many there are.</summary>
    public long Used(ClusterResource resource) => _used[(int)resource].Value;

    /// <summary>The budget of this cluster's retries; ask it with the requests in flight of this state.</summary>
    public RetryBudgetState Budget => Volatile.Read(ref _budget);

    /// <summary>Takes the limits of a new model; what is in use stays counted. Only the applier of configuration calls it.</summary>
    public void Configure(ConnectionLimits? limits, RetryBudget? budget, HedgingModel? hedging = null)
    {
        Volatile.Write(ref _limits, [Limit(limits?.Connections), Limit(limits?.Pending), Limit(limits?.Requests), Limit(limits?.Retries), long.MaxValue]);
        Volatile.Write(ref _hedgeBudget, hedging is null ? null : new RetryBudgetState(hedging.Budget)); // it counts what is in flight, and that is counted here
        var model = budget is null ? RetryBudgetModel.Default : new RetryBudgetModel(budget);
        if (model != Budget.Model)
        {
            Volatile.Write(ref _budget, new RetryBudgetState(model));
        }
    }

    /// <summary>False: the limit is reached (Fault.UpstreamOverflow).</summary>
    public bool TryAcquire(ClusterResource resource) => _used[(int)resource].TryEnter(Volatile.Read(ref _limits)[(int)resource]);

    public void Release(ClusterResource resource) => _used[(int)resource].Add(-1);

    /// <summary>A request begins: counted against its limit and for the budget of its retries. The caller releases <see cref="ClusterResource.Requests"/>.</summary>
    public bool TryAcquireRequest(TimeSpan now)
    {
        Budget.RequestStarted(now);
        return TryAcquire(ClusterResource.Requests);
    }

    /// <summary>Whether one more retry is borne by both limit and budget. The caller releases <see cref="ClusterResource.Retries"/> when the retry ends.</summary>
    public bool TryAcquireRetry(TimeSpan now)
    {
        if (!TryAcquire(ClusterResource.Retries))
        {
            return false;
        }

        if (Budget.TryRetry(now, Used(ClusterResource.Requests), Used(ClusterResource.Retries) - 1))
        {
            return true;
        }

        Release(ClusterResource.Retries);
        return false;
    }

    /// <summary>Whether the budget bears one more hedge. The caller releases <see cref="ClusterResource.Hedges"/> when its request has one try left.</summary>
    public bool TryAcquireHedge(TimeSpan now)
    {
        if (Volatile.Read(ref _hedgeBudget) is not { } budget)
        {
            return false;
        }

        _ = TryAcquire(ClusterResource.Hedges); // first take, then look: two loops cannot both take the last one
        if (budget.TryRetry(now, Used(ClusterResource.Requests), Used(ClusterResource.Hedges) - 1))
        {
            return true;
        }

        Release(ClusterResource.Hedges);
        return false;
    }

    private static long Limit(uint? configured) => configured is null or 0 ? long.MaxValue : (long)configured;
}
