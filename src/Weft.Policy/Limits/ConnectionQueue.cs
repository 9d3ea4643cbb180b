namespace Weft.Policy.Limits;

/// <summary>
/// The places for connections of one cluster, in the whole proxy, and who waits for one, first come first served. A place that
/// is given back goes straight to the first who waits, so that nobody who comes later overtakes. All loops share it; without limits nobody asks it.
/// </summary>
public sealed class ConnectionQueue
{
    private readonly Lock _gate = new();
    private ConnectionWaiter? _first;
    private ConnectionWaiter? _last;
    private long _limit = long.MaxValue;
    private long _pendingLimit = long.MaxValue;
    private long _used;
    private long _pending;
    private long _overflows;
    private long _pendingOverflows;
    private bool _isLimited;

    /// <summary>Whether there is any limit: only then is it asked.</summary>
    public bool IsLimited => Volatile.Read(ref _isLimited);

    public long Used => Volatile.Read(ref _used);

    /// <summary>Requests that have no connection yet.</summary>
    public long Pending => Volatile.Read(ref _pending);

    public long Limit => Volatile.Read(ref _limit);

    /// <summary>How often a connection was refused for want of a place.</summary>
    public long Overflows => Volatile.Read(ref _overflows);

    /// <summary>How often a request was refused because as many were pending as may.</summary>
    public long PendingOverflows => Volatile.Read(ref _pendingOverflows);

    /// <summary>A place now, or one in the queue. Who is in the queue counts as pending until <see cref="EndPending"/>.</summary>
    public TurnOutcome Enter(ConnectionWaiter waiter)
    {
        lock (_gate)
        {
            if (_first is null && _used < _limit)
            {
                _used++;
                return TurnOutcome.Taken;
            }

            if (_pending >= _pendingLimit)
            {
                _pendingOverflows++;
                return TurnOutcome.Overflow;
            }

            _pending++;
            AppendUnderGate(waiter);
            return TurnOutcome.Waits;
        }
    }

    /// <summary>A place now or not at all: a connection that nobody wants to wait for.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_first is null && _used < _limit)
            {
                _used++;
                return true;
            }

            _overflows++;
            return false;
        }
    }

    /// <summary>A place whatever the limit says: without one connection a loop could never send what it has.</summary>
    public void EnterAnyway()
    {
        lock (_gate)
        {
            _used++;
        }
    }

    /// <summary>Gives up waiting. False: the turn has come meanwhile, and the place is the caller's.</summary>
    public bool Leave(ConnectionWaiter waiter)
    {
        lock (_gate)
        {
            if (!waiter.IsQueued)
            {
                return false;
            }

            RemoveUnderGate(waiter);
            return true;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Exit()
    {
        ConnectionWaiter? next;
        lock (_gate)
        {
            _used--;
            next = NextUnderGate();
        }

        next?.OnTurn();
    }

    /// <summary>A request goes for a connection that is not open yet. False: as many do as may.</summary>
    public bool TryPend()
    {
        lock (_gate)
        {
            if (_pending >= _pendingLimit)
            {
                _pendingOverflows++;
                return false;
            }

            _pending++;
            return true;
        }
    }

    /// <summary>It has its connection, or gave up.</summary>
    public void EndPending()
    {
        lock (_gate)
        {
            _pending--;
        }
    }

    /// <summary>Takes new limits, 0 for none. Who waits and finds room now goes on.</summary>
    internal void Configure(uint limit, uint pendingLimit)
    {
        lock (_gate)
        {
            _limit = limit == 0 ? long.MaxValue : limit;
            _pendingLimit = pendingLimit == 0 ? long.MaxValue : pendingLimit;
            Volatile.Write(ref _isLimited, (limit | pendingLimit) != 0);
        }

        while (true)
        {
            ConnectionWaiter? next;
            lock (_gate)
            {
                next = NextUnderGate();
            }

            if (next is null)
            {
                return;
            }

            next.OnTurn();
        }
    }

    private ConnectionWaiter? NextUnderGate()
    {
        if (_first is not { } next || _used >= _limit)
        {
            return null;
        }

        RemoveUnderGate(next);
        _used++;
        return next;
    }

    private void AppendUnderGate(ConnectionWaiter waiter)
    {
        waiter.IsQueued = true;
        waiter.Ahead = _last;
        if (_last is { } last)
        {
            last.Behind = waiter;
        }
        else
        {
            _first = waiter;
        }

        _last = waiter;
    }

    private void RemoveUnderGate(ConnectionWaiter waiter)
    {
        if (waiter.Ahead is { } ahead)
        {
            ahead.Behind = waiter.Behind;
        }
        else
        {
            _first = waiter.Behind;
        }

        if (waiter.Behind is { } behind)
        {
            behind.Ahead = waiter.Ahead;
        }
        else
        {
            _last = waiter.Ahead;
        }

        waiter.Ahead = waiter.Behind = null;
        waiter.IsQueued = false;
    }
}
