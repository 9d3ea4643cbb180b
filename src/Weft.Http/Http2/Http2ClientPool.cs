using Weft.Primitives;
using Weft.Transport;

namespace Weft.Http.Http2;

/// <summary>One loop's shared connections to servers that speak HTTP/2. Its loop only.</summary>
/// <remarks>A connection is dialled by the first who needs it, while the others wait for the same one.</remarks>
public sealed class Http2ClientPool
{
    private const long SweepMs = 5_000;

    /// <summary>More are left to the collector.</summary>
    private const int StreamsKeptMax = 1024;

    private readonly Dictionary<ConnectionKey, Http2ClientLane> _lanes = [];
    private readonly EventLoop _loop;
    private readonly Http2Limits _limits;
    private readonly Http2StreamPool _streams;
    private readonly Stack<Http2ClientStream> _free = new();
    private readonly Sweep _sweep;

    public Http2ClientPool(EventLoop loop, Http2Limits limits, Http2StreamPool streams)
    {
        _loop = loop;
        _limits = limits;
        _streams = streams;
        _sweep = new Sweep(this);
    }

    /// <summary>A stream on a connection that is open and has room; null when there is none.</summary>
    public Http2ClientStream? TryOpen(in ConnectionKey key)
    {
        if (!_lanes.TryGetValue(key, out Http2ClientLane? lane))
        {
            return null;
        }

        for (int i = 0; i < lane.Connections.Count; i++)
        {
            Http2Connection connection = lane.Connections[i];
            if (lane.IsOver(connection, _loop.NowMs))
            {
                connection.Shutdown();
                lane.Connections.RemoveAt(i--);
                continue;
            }

            if (connection.StreamCount < (lane.Life.Limits ?? _limits).StreamsPerConnectionMax && connection.TryOpen() is { } stream)
            {
                lane.LastUsedMs = _loop.NowMs;
                Http2ClientStream client = _free.TryPop(out Http2ClientStream? free) ? free : new Http2ClientStream(this);
                client.Bind(stream, connection.StreamsOpened > 1, lane);
                return client;
            }
        }

        return null;
    }

    /// <summary>Waits for the connection that somebody dials now. False: nobody does, it is the caller's to do and to tell by <see cref="Dialled"/>.</summary>
    public async LoopTask<bool> WaitForDialAsync(ConnectionKey key)
    {
        if (!_lanes.TryGetValue(key, out Http2ClientLane? lane))
        {
            lane = new Http2ClientLane();
            _lanes.Add(key, lane);
        }

        if (!lane.IsDialling)
        {
            lane.IsDialling = true;
            return false;
        }

        var waiter = new LoopSignal(_loop);
        lane.Waiters.Enqueue(waiter);
        await waiter;
        return true;
    }

    /// <summary>Whether there is a connection that will take streams again, full or not.</summary>
    public bool HasConnection(in ConnectionKey key) => _lanes.TryGetValue(key, out Http2ClientLane? lane) && lane.Connections.Exists(static c => !c.Ended.IsSet && !c.IsGoingAway);

    /// <summary>Sets the signal once when a stream has ended there; first come first served.</summary>
    public void WaitForStream(in ConnectionKey key, LoopSignal waiter)
    {
        if (_lanes.TryGetValue(key, out Http2ClientLane? lane) && lane.Connections.Count > 0)
        {
            lane.StreamWaiters.Add(waiter);
        }
        else
        {
            waiter.Set(); // there is nothing to wait for
        }
    }

    /// <summary>False: the signal was set meanwhile.</summary>
    public bool LeaveStreams(in ConnectionKey key, LoopSignal waiter) => _lanes.TryGetValue(key, out Http2ClientLane? lane) && lane.StreamWaiters.Remove(waiter);

    /// <summary>Why the last dial failed; those who waited for it fail alike.</summary>
    public Fault DialFault(in ConnectionKey key) => _lanes.TryGetValue(key, out Http2ClientLane? lane) ? lane.Fault : Fault.None;

    /// <summary>The dial is over: takes the connection, or the fault that stopped it, and wakes who waited.</summary>
    public void Dialled(in ConnectionKey key, LoopConnection? io, Fault fault, LaneLife life)
    {
        Http2ClientLane lane = _lanes[key]; // a dial is announced by WaitForDialAsync, and a lane that dials is not swept
        lane.IsDialling = false;
        lane.Fault = fault;
        lane.Life = life;
        lane.LastUsedMs = _loop.NowMs;
        if (io is not null)
        {
            lane.Connections.Add(Http2Connection.Client(_loop, io, life.Limits ?? _limits, _streams));
        }

        for (int i = lane.Waiters.Count; i > 0; i--)
        {
            lane.Waiters.Dequeue().Set();
        }

        if (fault != Fault.UpstreamOverflow)
        {
            lane.WakeAll(); // there is room now, or whoever ended here has no stream whose end would wake them
        }

        if (!_sweep.IsScheduled)
        {
            _loop.Schedule(_sweep, SweepMs);
        }
    }

    /// <summary>Takes no new request on any of them: the identity changed, or the proxy drains.</summary>
    public void CloseIdle()
    {
        foreach (Http2ClientLane lane in _lanes.Values)
        {
            lane.Connections.ForEach(c => c.Shutdown());
            lane.Connections.Clear();
            lane.WakeAll();
        }
    }

    /// <summary>Takes no new request on those to one place: it takes leave.</summary>
    public void CloseIdle(SocketTarget target)
    {
        foreach ((ConnectionKey key, Http2ClientLane lane) in _lanes)
        {
            if (key.Target == target)
            {
                lane.Connections.ForEach(c => c.Shutdown());
                lane.Connections.Clear();
                lane.WakeAll();
            }
        }
    }

    internal void Return(Http2ClientStream stream, Http2ClientLane? lane)
    {
        if (lane is { StreamWaiters.Count: > 0 })
        {
            LoopSignal waiter = lane.StreamWaiters[0];
            lane.StreamWaiters.RemoveAt(0);
            waiter.Set();
        }

        if (_free.Count < StreamsKeptMax)
        {
            _free.Push(stream);
        }
    }

    private void CloseExpired()
    {
        List<ConnectionKey>? unused = null;
        foreach ((ConnectionKey key, Http2ClientLane lane) in _lanes)
        {
            bool isExpired = lane.LastUsedMs + lane.Life.IdleMs <= _loop.NowMs;
            for (int i = lane.Connections.Count - 1; i >= 0; i--)
            {
                Http2Connection connection = lane.Connections[i];
                if (connection.Ended.IsSet || (isExpired && TryClose(connection)) || RetireOld(lane, connection))
                {
                    lane.Connections.RemoveAt(i);
                }
            }

            if (lane.Connections.Count == 0)
            {
                lane.WakeAll();
            }

            if (lane is { Connections.Count: 0, IsDialling: false })
            {
                (unused ??= []).Add(key);
            }
        }

        unused?.ForEach(k => _lanes.Remove(k));
        if (_lanes.Count > 0)
        {
            _loop.Schedule(_sweep, SweepMs);
        }
    }

    private bool RetireOld(Http2ClientLane lane, Http2Connection connection)
    {
        bool isOver = lane.IsOver(connection, _loop.NowMs);
        if (isOver)
        {
            connection.Shutdown();
        }

        return isOver;
    }

    private static bool TryClose(Http2Connection connection)
    {
        bool isIdle = connection.StreamCount == 0;
        if (isIdle)
        {
            connection.Shutdown();
        }

        return isIdle;
    }

    private sealed class Sweep(Http2ClientPool pool) : LoopTimer
    {
        protected override void OnExpired() => pool.CloseExpired();
    }
}

/// <summary>The connections of one key.</summary>
internal sealed class Http2ClientLane
{
    internal List<Http2Connection> Connections { get; } = [];

    internal Queue<LoopSignal> Waiters { get; } = new();

    /// <summary>Wait for a stream to end, because there may be no further connection.</summary>
    internal List<LoopSignal> StreamWaiters { get; } = [];

    internal bool IsDialling { get; set; }

    internal Fault Fault { get; set; }

    internal LaneLife Life { get; set; }

    internal long LastUsedMs { get; set; }

    internal bool IsOver(Http2Connection connection, long nowMs) => Life.LifeMs != 0 && connection.OpenedMs + Life.LifeMs <= nowMs;

    /// <summary>There is nothing left to wait for: whoever does dials anew.</summary>
    internal void WakeAll()
    {
        StreamWaiters.ForEach(w => w.Set());
        StreamWaiters.Clear();
    }
}
