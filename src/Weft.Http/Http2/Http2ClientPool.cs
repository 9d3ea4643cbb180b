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
            if (connection.StreamCount < _limits.StreamsPerConnectionMax && connection.TryOpen() is { } stream)
            {
                lane.LastUsedMs = _loop.NowMs;
                Http2ClientStream client = _free.TryPop(out Http2ClientStream? free) ? free : new Http2ClientStream(this);
                client.Bind(stream, connection.StreamsOpened > 1);
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

    /// <summary>Why the last dial failed; those who waited for it fail alike.</summary>
    public Fault DialFault(in ConnectionKey key) => _lanes.TryGetValue(key, out Http2ClientLane? lane) ? lane.Fault : Fault.None;

    /// <summary>The dial is over: takes the connection, or the fault that stopped it, and wakes who waited.</summary>
    public void Dialled(in ConnectionKey key, LoopConnection? io, Fault fault, long idleMs)
    {
        Http2ClientLane lane = _lanes[key]; // a dial is announced by WaitForDialAsync, and a lane that dials is not swept
        lane.IsDialling = false;
        lane.Fault = fault;
        lane.IdleMs = idleMs;
        lane.LastUsedMs = _loop.NowMs;
        if (io is not null)
        {
            lane.Connections.Add(Http2Connection.Client(_loop, io, _limits, _streams));
        }

        for (int i = lane.Waiters.Count; i > 0; i--)
        {
            lane.Waiters.Dequeue().Set();
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
        }
    }

    internal void Return(Http2ClientStream stream)
    {
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
            bool isExpired = lane.LastUsedMs + lane.IdleMs <= _loop.NowMs;
            lane.Connections.RemoveAll(c => c.Ended.IsSet || (isExpired && TryClose(c)));
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

    internal bool IsDialling { get; set; }

    internal Fault Fault { get; set; }

    internal long IdleMs { get; set; }

    internal long LastUsedMs { get; set; }
}
