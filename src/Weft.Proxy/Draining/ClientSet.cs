using Weft.Transport;

namespace Weft.Proxy.Draining;

/// <summary>The connections that clients have open to one loop, to take leave of them. That loop only, but for <see cref="Look"/>.</summary>
internal sealed class ClientSet
{
    /// <summary>A connection that rests so long after the leave began is closed: a client that was about to use it has done so, and was told.</summary>
    private const long RestMs = 2_000;

    private readonly HashSet<LoopConnection> _inbound = [];
    private readonly HashSet<LoopConnection> _outbound = [];
    private readonly EventLoop _loop;
    private readonly Action _look;
    private long _leaveSinceMs;
    private volatile int _count;
    private volatile DrainLook _last = new(0, 0, 0);

    internal ClientSet(EventLoop loop)
    {
        _loop = loop;
        _look = LookNow;
    }

    /// <summary>What the last look found. Any thread.</summary>
    internal DrainLook Last => _last;

    /// <summary>Connections open now. Any thread.</summary>
    internal int Count => _count;

    internal void Add(LoopConnection connection, bool isInbound)
    {
        (isInbound ? _inbound : _outbound).Add(connection);
        _count = _inbound.Count + _outbound.Count;
    }

    internal void Remove(LoopConnection connection, bool isInbound)
    {
        (isInbound ? _inbound : _outbound).Remove(connection);
        _count = _inbound.Count + _outbound.Count;
    }

    /// <summary>Counts what is open, and closes what has rested for long enough since the first look. Any thread; <see cref="Last"/> has the result later.</summary>
    internal void Look() => _loop.Post(_look);

    /// <summary>Closes what waits for a next request and has waited at least so long.</summary>
    internal void CloseResting(bool isInbound, long restMs)
    {
        long since = _loop.NowMs - restMs;
        foreach (LoopConnection connection in (isInbound ? _inbound : _outbound).Where(c => c.IsResting && c.IsQuiet && c.LastReceivedMs <= since).ToArray())
        {
            connection.Close();
        }
    }

    private void LookNow()
    {
        if (_leaveSinceMs == 0)
        {
            _leaveSinceMs = _loop.NowMs;
        }

        if (_loop.NowMs - _leaveSinceMs >= RestMs)
        {
            CloseResting(isInbound: true, RestMs);
            CloseResting(isInbound: false, RestMs);
        }

        _last = new DrainLook(_last.Number + 1, _inbound.Count(c => !c.IsResting), _inbound.Count + _outbound.Count);
    }
}

/// <param name="Number">Of the looks so far.</param>
/// <param name="InboundBusy">Connections of callers with something under way.</param>
/// <param name="Open">All connections.</param>
internal sealed record DrainLook(int Number, int InboundBusy, int Open);
