using Weft.Http;
using Weft.Http.Http2;
using Weft.Policy.Limits;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>Waits for one request until it may have a connection, its time is over or its client is gone. Reused by its exchange; its loop only, but for OnTurn.</summary>
internal sealed class TurnWaiter : ConnectionWaiter
{
    private readonly EventLoop _loop;
    private readonly LoopSignal _signal;
    private readonly Deadline _deadline;
    private ConnectionQueue? _queue;
    private Http2ClientPool? _pool;
    private ConnectionKey _key;
    private bool _gaveUp;

    internal TurnWaiter(EventLoop loop)
    {
        _loop = loop;
        _signal = new LoopSignal(loop);
        _deadline = new Deadline(this);
    }

    /// <summary>For a place in the queue, where it stands already. False: gave up.</summary>
    internal LoopTask<bool> WaitAsync(ConnectionQueue queue, long milliseconds)
    {
        _queue = queue;
        return WaitAsync(milliseconds);
    }

    /// <summary>For a stream to end on connections that are full. False: gave up.</summary>
    internal LoopTask<bool> WaitAsync(Http2ClientPool pool, in ConnectionKey key, long milliseconds)
    {
        _pool = pool;
        _key = key;
        pool.WaitForStream(key, _signal);
        return WaitAsync(milliseconds);
    }

    /// <summary>The client is gone, or the time is over. A turn that has come already stands.</summary>
    internal void GiveUp()
    {
        if (_queue?.Leave(this) == true || _pool?.LeaveStreams(_key, _signal) == true)
        {
            _gaveUp = true;
            _signal.Set();
        }
    }

    protected override void OnTurn() => _signal.SetFromOutside();

    private async LoopTask<bool> WaitAsync(long milliseconds)
    {
        _gaveUp = false;
        _loop.Schedule(_deadline, milliseconds);
        await _signal;
        _loop.Cancel(_deadline);
        _signal.Reset();
        _queue = null;
        _pool = null;
        _key = default;
        return !_gaveUp;
    }

    private sealed class Deadline(TurnWaiter waiter) : LoopTimer
    {
        protected override void OnExpired() => waiter.GiveUp();
    }
}
