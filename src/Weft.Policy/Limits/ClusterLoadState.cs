using Weft.Model.V1;
using Weft.Policy.Retries;
using Weft.Primitives;

namespace Weft.Policy.Limits;

/// <summary>What a cluster's limits count.</summary>
public enum ClusterResource : byte
{
    Connections,

    /// <summary>Requests that have no connection yet.</summary>
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
    private readonly PaddedCounter _requests = new();
    private readonly PaddedCounter _retries = new();
    private readonly PaddedCounter _hedges = new();
    private readonly PaddedCounter _sockets = new();
    private readonly PaddedCounter _requestOverflows = new();
    private readonly PaddedCounter _retryOverflows = new();
    private long _requestLimit = long.MaxValue;
    private long _retryLimit = long.MaxValue;
    private RetryBudgetState _budget = new(RetryBudgetModel.Default);
    private RetryBudgetState? _hedgeBudget;

    public ClusterLoadState()
    {
        SocketClosed = () => _sockets.Add(-1);
        ConnectionClosed = Connections.Exit;
    }

    /// <summary>The places for connections, and who waits for one.</summary>
    public ConnectionQueue Connections { get; } = new();

    /// <summary>Connections that are open for it, those too that are idle: counted only where their number is limited.</summary>
    public long Sockets => _sockets.Value;

    /// <summary>Told by a connection that <see cref="SocketOpened"/> counted. The same object always: a connection is known by it.</summary>
    public Action SocketClosed { get; }

    /// <summary>Gives the place of a connection back when that closes.</summary>
    public Action ConnectionClosed { get; }

    /// <summary>The budget of this cluster's retries; ask it with the requests in flight of this state.</summary>
    public RetryBudgetState Budget => Volatile.Read(ref _budget);

    /// <summary>How many there are.</summary>
    public long Used(ClusterResource resource) => resource switch
    {
        ClusterResource.Connections => Connections.Used,
        ClusterResource.Pending => Connections.Pending,
        ClusterResource.Requests => _requests.Value,
        _ => _retries.Value,
    };

    /// <summary>How often its limit, of retries the budget too, said no.</summary>
    public long Overflows(ClusterResource resource) => resource switch
    {
        ClusterResource.Connections => Connections.Overflows,
        ClusterResource.Pending => Connections.PendingOverflows,
        ClusterResource.Requests => _requestOverflows.Value,
        _ => _retryOverflows.Value,
    };

    /// <summary>Takes the limits of a new model; what is in use stays counted. Only the applier of configuration calls it.</summary>
    public void Configure(ConnectionLimits? limits, RetryBudget? budget, HedgingModel? hedging = null)
    {
        Volatile.Write(ref _hedgeBudget, hedging is null ? null : new RetryBudgetState(hedging.Budget)); // it counts what is in flight, and that is counted here
        Connections.Configure(limits?.Connections ?? 0, limits?.Pending ?? 0);
        Volatile.Write(ref _requestLimit, Limit(limits?.Requests));
        Volatile.Write(ref _retryLimit, Limit(limits?.Retries));
        var model = budget is null ? RetryBudgetModel.Default : new RetryBudgetModel(budget);
        if (model != Budget.Model)
        {
            Volatile.Write(ref _budget, new RetryBudgetState(model));
        }
    }

    public void SocketOpened() => _sockets.Add(1);

    /// <summary>A request begins: counted against its limit (false: Fault.UpstreamOverflow) and for the budget of its retries.</summary>
    public bool TryAcquireRequest(TimeSpan now)
    {
        Budget.RequestStarted(now);
        return TryEnter(_requests, ref _requestLimit, _requestOverflows);
    }

    public void ReleaseRequest() => _requests.Add(-1);

    /// <summary>Whether one more retry is borne by both limit and budget. The caller releases it when the retry ends.</summary>
    public bool TryAcquireRetry(TimeSpan now)
    {
        if (!TryEnter(_retries, ref _retryLimit, _retryOverflows))
        {
            return false;
        }

        if (Budget.TryRetry(now, _requests.Value, _retries.Value - 1))
        {
            return true;
        }

        _retries.Add(-1);
        _retryOverflows.Add(1);
        return false;
    }

    public void ReleaseRetry() => _retries.Add(-1);

    /// <summary>Whether the budget bears one more hedge. The caller releases it when its request has one try left.</summary>
    public bool TryAcquireHedge(TimeSpan now)
    {
        if (Volatile.Read(ref _hedgeBudget) is not { } budget)
        {
            return false;
        }

        _hedges.Add(1); // first take, then look: two loops cannot both take the last one
        if (budget.TryRetry(now, _requests.Value, _hedges.Value - 1))
        {
            return true;
        }

        _hedges.Add(-1);
        return false;
    }

    public void ReleaseHedge() => _hedges.Add(-1);

    private static bool TryEnter(PaddedCounter used, ref long limit, PaddedCounter overflows)
    {
        if (used.TryEnter(Volatile.Read(ref limit)))
        {
            return true;
        }

        overflows.Add(1);
        return false;
    }

    private static long Limit(uint? configured) => configured is null or 0 ? long.MaxValue : (long)configured;
}
