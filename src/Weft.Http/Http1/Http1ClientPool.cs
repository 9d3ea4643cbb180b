using Weft.Transport;
using Weft.Wire.Http1;

namespace Weft.Http.Http1;

/// <summary>One loop's idle connections, the last used first: the others may then go to sleep and be closed. Its loop only.</summary>
public sealed class Http1ClientPool
{
    private const long SweepMs = 5_000;

    /// <summary>More are left to the collector.</summary>
    private const int HeadsKeptMax = 1_024;

    private readonly Dictionary<ConnectionKey, Http1ClientLane> _lanes = [];
    private readonly EventLoop _loop;
    private readonly Http1Limits _limits;
    private readonly Sweep _sweep;

    // Of connections that rest: each is some 1.5 KiB.
    private readonly Stack<ResponseHead> _heads = new();

    public Http1ClientPool(EventLoop loop, Http1Limits limits)
    {
        _loop = loop;
        _limits = limits;
        _sweep = new Sweep(this);
    }

    public int IdleCount { get; private set; }

    /// <summary>An idle connection, ready for a request; null when there is none.</summary>
    public Http1Client? TryTake(in ConnectionKey key)
    {
        if (!_lanes.TryGetValue(key, out Http1ClientLane? lane))
        {
            return null;
        }

        while (lane.Youngest is { } client)
        {
            Remove(client);
            if (client.Transport.IsQuiet && client.EndsMs > _loop.NowMs)
            {
                client.Begin();
                return client;
            }

            client.Transport.Close(); // it said something unasked, or went away (RFC 9112 §9.5), or is too old
        }

        return null;
    }

    /// <summary>Takes a new connection, in use from now on.</summary>
    /// <param name="lifeMs">Once it is that old it takes no further request; 0: however old it is.</param>
    public Http1Client Adopt(in ConnectionKey key, LoopConnection transport, long idleMs, long lifeMs = 0)
    {
        Http1ClientLane lane = LaneOf(key, null);
        lane.IdleMs = idleMs;
        lane.LifeMs = lifeMs;
        var client = new Http1Client(transport, lane, this, _limits) { EndsMs = lifeMs == 0 ? long.MaxValue : _loop.NowMs + lifeMs };
        client.Begin();
        return client;
    }

    /// <summary>Closes what is idle: the identity changed, or the proxy drains.</summary>
    public void CloseIdle()
    {
        foreach ((_, Http1ClientLane lane) in _lanes)
        {
            while (lane.Youngest is { } client)
            {
                Forget(client);
            }
        }
    }

    /// <summary>Closes the one that was idle longest among those that tell <paramref name="whenClosed"/> of their end. False: there is none.</summary>
    public bool TryCloseIdle(Action whenClosed)
    {
        Http1Client? found = null;
        foreach ((_, Http1ClientLane lane) in _lanes)
        {
            if (lane.Oldest is { } oldest && oldest.Transport.WhenClosed == whenClosed && (found is null || oldest.IdleSinceMs < found.IdleSinceMs))
            {
                found = oldest;
            }
        }

        if (found is not null)
        {
            Forget(found);
        }

        return found is not null;
    }

    /// <summary>Closes what is idle towards one place: nothing new goes there.</summary>
    public void CloseIdle(SocketTarget target)
    {
        foreach ((ConnectionKey key, Http1ClientLane lane) in _lanes)
        {
            while (key.Target == target && lane.Youngest is { } client)
            {
                Forget(client);
            }
        }
    }

    internal ResponseHead RentHead() => _heads.TryPop(out ResponseHead? head) ? head : new ResponseHead();

    internal void Return(ResponseHead head)
    {
        if (_heads.Count < HeadsKeptMax)
        {
            _heads.Push(head);
        }
    }

    internal void Return(Http1Client client, bool reusable)
    {
        if (!reusable || !client.Transport.IsQuiet || client.EndsMs <= _loop.NowMs || _loop.Overload >= OverloadStep.Conserve)
        {
            client.Transport.Close();
            return;
        }

        Http1ClientLane lane = LaneOf(client.Lane.Key, client.Lane);
        client.Lane = lane;
        client.IdleSinceMs = _loop.NowMs;
        client.IsPooled = true;
        client.Older = lane.Youngest;
        if (lane.Youngest is { } older)
        {
            older.Younger = client;
        }
        else
        {
            lane.Oldest = client;
        }

        lane.Youngest = client;
        IdleCount++;
        client.Transport.SetReadDeadline(0);
        client.Rest();
        if (!_sweep.IsScheduled)
        {
            _loop.Schedule(_sweep, SweepMs);
        }
    }

    /// <summary>The server closed it, or it was idle for too long.</summary>
    internal void Forget(Http1Client client)
    {
        if (client.IsPooled)
        {
            Remove(client);
        }

        client.Transport.Close();
    }

    /// <summary>While a connection is in use its lane may be forgotten, or a new one of its name made.</summary>
    private Http1ClientLane LaneOf(in ConnectionKey key, Http1ClientLane? last)
    {
        if (!_lanes.TryGetValue(key, out Http1ClientLane? lane))
        {
            lane = last ?? new Http1ClientLane(key);
            _lanes.Add(key, lane);
        }

        return lane;
    }

    private void Remove(Http1Client client)
    {
        Http1ClientLane lane = client.Lane;
        if (client.Younger is { } younger)
        {
            younger.Older = client.Older;
        }
        else
        {
            lane.Youngest = client.Older;
        }

        if (client.Older is { } older)
        {
            older.Younger = client.Younger;
        }
        else
        {
            lane.Oldest = client.Younger;
        }

        client.Older = null;
        client.Younger = null;
        client.IsPooled = false;
        IdleCount--;
    }

    private void CloseExpired()
    {
        foreach ((_, Http1ClientLane lane) in _lanes)
        {
            while (lane.Oldest is { } oldest && oldest.IdleSinceMs + lane.IdleMs <= _loop.NowMs)
            {
                Forget(oldest);
            }

            CloseOld(lane);
        }

        if (IdleCount > 0)
        {
            _loop.Schedule(_sweep, SweepMs);
            return;
        }

        // Endpoints come and go; what nobody uses now is not kept by name either.
        _lanes.Clear();
    }

    private void CloseOld(Http1ClientLane lane)
    {
        Http1Client? next = lane.LifeMs == 0 ? null : lane.Oldest;
        while (next is { } client)
        {
            next = client.Younger;
            if (client.EndsMs <= _loop.NowMs)
            {
                Forget(client);
            }
        }
    }

    private sealed class Sweep(Http1ClientPool pool) : LoopTimer
    {
        protected override void OnExpired() => pool.CloseExpired();
    }
}

/// <summary>The idle connections of one key, by age.</summary>
internal sealed class Http1ClientLane(ConnectionKey key)
{
    internal ConnectionKey Key { get; } = key;

    internal Http1Client? Youngest { get; set; }

    internal Http1Client? Oldest { get; set; }

    internal long IdleMs { get; set; }

    /// <summary>0: its connections may grow as old as they will.</summary>
    internal long LifeMs { get; set; }
}
