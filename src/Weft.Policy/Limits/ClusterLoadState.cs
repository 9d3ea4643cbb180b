using System.Runtime.InteropServices;
using Weft.Model.V1;
using Weft.Policy.Retries;

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
    private Counters _count;
    private long _requestLimit = long.MaxValue;
    private long _retryLimit = long.MaxValue;
    private RetryBudgetState _budget = RetryBudgetState.Default;
    private RetryBudgetState? _hedgeBudget;

    // Made when first asked for: most clusters limit no connections, and then nobody asks.
    private ConnectionQueue? _connections;
    private Action? _socketClosed;
    private Action? _connectionClosed;

    /// <summary>The places for connections, and who waits for one.</summary>
    public ConnectionQueue Connections => Made(ref _connections, this, static _ => new ConnectionQueue());

    /// <summary>Whether <see cref="Connections"/> has any limit: only then is it asked.</summary>
    public bool LimitsConnections => Volatile.Read(ref _connections) is { IsLimited: true };

    /// <summary>Connections that are open for it, those too that are idle: counted only where their number is limited.</summary>
    public long Sockets => Volatile.Read(ref _count.Sockets);

    /// <summary>Told by a connection that <see cref="SocketOpened"/> counted. The same object always: a connection is known by it.</summary>
    public Action SocketClosed => Made(ref _socketClosed, this, static s => () => Interlocked.Decrement(ref s._count.Sockets));

    /// <summary>Gives the place of a connection back when that closes.</summary>
    public Action ConnectionClosed => Made(ref _connectionClosed, this, static s => s.Connections.Exit);

    /// <summary>The budget of this cluster's retries; ask it with the requests in flight of this state.</summary>
    public RetryBudgetState Budget => Volatile.Read(ref _budget);

    /// <summary>How many there are.</summary>
    public long Used(ClusterResource resource) => resource switch
    {
        ClusterResource.Connections => Volatile.Read(ref _connections)?.Used ?? 0,
        ClusterResource.Pending => Volatile.Read(ref _connections)?.Pending ?? 0,
        ClusterResource.Requests => Volatile.Read(ref _count.Requests),
        _ => Volatile.Read(ref _count.Retries),
    };

    /// <summary>How often its limit, of retries the budget too, said no.</summary>
    public long Overflows(ClusterResource resource) => resource switch
    {
        ClusterResource.Connections => Volatile.Read(ref _connections)?.Overflows ?? 0,
        ClusterResource.Pending => Volatile.Read(ref _connections)?.PendingOverflows ?? 0,
        ClusterResource.Requests => Volatile.Read(ref _count.RequestOverflows),
        _ => Volatile.Read(ref _count.RetryOverflows),
    };

    /// <summary>Takes the limits of a new model; what is in use stays counted. Only the applier of configuration calls it.</summary>
    public void Configure(ConnectionLimits? limits, RetryBudget? budget, HedgingModel? hedging = null)
    {
        Volatile.Write(ref _hedgeBudget, hedging is null ? null : new RetryBudgetState(hedging.Budget)); // it counts what is in flight, and that is counted here
        if (limits is { Connections: > 0 } or { Pending: > 0 } || Volatile.Read(ref _connections) is not null)
        {
            Connections.Configure(limits?.Connections ?? 0, limits?.Pending ?? 0);
        }

        Volatile.Write(ref _requestLimit, Limit(limits?.Requests));
        Volatile.Write(ref _retryLimit, Limit(limits?.Retries));
        var model = budget is null ? RetryBudgetModel.Default : new RetryBudgetModel(budget);
        if (model != Budget.Model)
        {
            Volatile.Write(ref _budget, model == RetryBudgetModel.Default ? RetryBudgetState.Default : new RetryBudgetState(model));
        }
    }

    public void SocketOpened() => Interlocked.Increment(ref _count.Sockets);

    /// <summary>A request begins: counted against its limit (false: Fault.UpstreamOverflow) and for the budget of its retries.</summary>
    public bool TryAcquireRequest(TimeSpan now)
    {
        Budget.RequestStarted(now);
        return TryEnter(ref _count.Requests, ref _requestLimit, ref _count.RequestOverflows);
    }

    public void ReleaseRequest() => Interlocked.Decrement(ref _count.Requests);

    /// <summary>Whether one more retry is borne by both limit and budget. The caller releases it when the retry ends.</summary>
    public bool TryAcquireRetry(TimeSpan now)
    {
        if (!TryEnter(ref _count.Retries, ref _retryLimit, ref _count.RetryOverflows))
        {
            return false;
        }

        if (Budget.TryRetry(now, Volatile.Read(ref _count.Requests), Volatile.Read(ref _count.Retries) - 1))
        {
            return true;
        }

        Interlocked.Decrement(ref _count.Retries);
        Interlocked.Increment(ref _count.RetryOverflows);
        return false;
    }

    public void ReleaseRetry() => Interlocked.Decrement(ref _count.Retries);

    /// <summary>Whether the budget bears one more hedge. The caller releases it when its request has one try left.</summary>
    public bool TryAcquireHedge(TimeSpan now)
    {
        if (Volatile.Read(ref _hedgeBudget) is not { } budget)
        {
            return false;
        }

        Interlocked.Increment(ref _count.Hedges); // first take, then look: two loops cannot both take the last one
        if (budget.TryRetry(now, Volatile.Read(ref _count.Requests), Volatile.Read(ref _count.Hedges) - 1))
        {
            return true;
        }

        Interlocked.Decrement(ref _count.Hedges);
        return false;
    }

    public void ReleaseHedge() => Interlocked.Decrement(ref _count.Hedges);

    private static bool TryEnter(ref long used, ref long limit, ref long overflows)
    {
        if (Interlocked.Increment(ref used) <= Volatile.Read(ref limit))
        {
            return true;
        }

        Interlocked.Decrement(ref used);
        Interlocked.Increment(ref overflows);
        return false;
    }

    /// <summary>One for all who ask at once: the first that is set stays.</summary>
    private static T Made<T>(ref T? place, ClusterLoadState owner, Func<ClusterLoadState, T> make)
        where T : class
    {
        if (Volatile.Read(ref place) is { } known)
        {
            return known;
        }

        T made = make(owner);
        return Interlocked.CompareExchange(ref place, made, null) ?? made;
    }

    private static long Limit(uint? configured) => configured is null or 0 ? long.MaxValue : (long)configured;

    /// <summary>
    /// A proxy has thousands of clusters: what changes with every request shares its cache line with what changes rarely, and with nothing that is only
    /// read. Nothing else lies within 56 bytes of it, wherever the object begins.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    private struct Counters
    {
        [FieldOffset(56)]
        public long Requests;

        [FieldOffset(64)]
        public long Retries;

        [FieldOffset(72)]
        public long Hedges;

        [FieldOffset(80)]
        public long Sockets;

        [FieldOffset(88)]
        public long RequestOverflows;

        [FieldOffset(96)]
        public long RetryOverflows;
    }
}
