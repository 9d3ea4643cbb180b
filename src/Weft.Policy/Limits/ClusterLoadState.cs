using System.Runtime.InteropServices;
using Weft.Model.V1;
using Weft.Policy.Retries;

namespace Weft.Policy.Limits;

/// <summary>What a cluster's limits count.</summary>
public enum ClusterResource : byte
{
    Connections,

    /// <summary>Requests that wait for a connection.</summary>
    Pending,
    Requests,
    Retries,
}

/// <summary>
/// How much of a cluster is in use, in the whole proxy. Lives as long as the cluster's name does and across its models; all loops share it.
/// Every acquired unit is released by the one who acquired it.
/// </summary>
public sealed class ClusterLoadState
{
    private static readonly long[] NoLimits = [long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue];

    private Counters _used;
    private long[] _limits = NoLimits;
    private RetryBudgetState _budget = new(RetryBudgetModel.Default);

    /// <summary>How many there are.</summary>
    public long Used(ClusterResource resource) => Volatile.Read(ref Counter(resource));

    /// <summary>The budget of this cluster's retries; ask it with the requests in flight of this state.</summary>
    public RetryBudgetState Budget => Volatile.Read(ref _budget);

    /// <summary>Takes the limits of a new model; what is in use stays counted. Only the applier of configuration calls it.</summary>
    public void Configure(ConnectionLimits? limits, RetryBudget? budget)
    {
        Volatile.Write(ref _limits, limits is null ? NoLimits : [Limit(limits.Connections), Limit(limits.Pending), Limit(limits.Requests), Limit(limits.Retries)]);
        var model = budget is null ? RetryBudgetModel.Default : new RetryBudgetModel(budget);
        if (model != Budget.Model)
        {
            Volatile.Write(ref _budget, new RetryBudgetState(model));
        }
    }

    /// <summary>False: the limit is reached (Fault.UpstreamOverflow).</summary>
    public bool TryAcquire(ClusterResource resource)
    {
        if (Interlocked.Increment(ref Counter(resource)) <= Volatile.Read(ref _limits)[(int)resource])
        {
            return true;
        }

        Release(resource);
        return false;
    }

    public void Release(ClusterResource resource) => Interlocked.Decrement(ref Counter(resource));

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

    private static long Limit(uint configured) => configured == 0 ? long.MaxValue : configured;

    private ref long Counter(ClusterResource resource)
    {
        switch (resource)
        {
            case ClusterResource.Connections:
                return ref _used.Connections;
            case ClusterResource.Pending:
                return ref _used.Pending;
            case ClusterResource.Requests:
                return ref _used.Requests;
            default:
                return ref _used.Retries;
        }
    }

    /// <summary>A proxy has thousands of clusters: only what changes with every request has a cache line to itself.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    private struct Counters
    {
        [FieldOffset(64)]
        public long Requests;

        [FieldOffset(128)]
        public long Connections;

        [FieldOffset(136)]
        public long Pending;

        [FieldOffset(144)]
        public long Retries;
    }
}
