using System.Net;
using Weft.Primitives;
using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>Accepts on one loop and gives each connection to the least-loaded one. Used by its loop only.</summary>
public sealed unsafe class LoopListener : IoHandle
{
    /// <summary>With no descriptor left, accepting again at once would only spin.</summary>
    private const int PauseMs = 100;

    /// <summary>What waits longer in the queue of a listener that cannot accept is reset: its client may find somebody who has room.</summary>
    private const int QueueWaitMaxMs = 1_000;

    /// <summary>A loop that does not come to it in this time has other troubles; opening again will say that the port is taken.</summary>
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(1);

    private readonly Func<EventLoop> _chooseLoop;
    private readonly Action<LoopConnection> _accepted;
    private readonly Action _acceptMore;
    private readonly Action _retry;
    private readonly Action<Fault, int>? _refused;
    private long _pausedSinceMs;
    private bool _isRetrying;

    private LoopListener(EventLoop loop, int fd, Func<EventLoop> chooseLoop, Action<LoopConnection> accepted, Action<Fault, int>? refused)
        : base(loop)
    {
        Fd = fd;
        _chooseLoop = chooseLoop;
        _accepted = accepted;
        _refused = refused;
        _acceptMore = AcceptMore;
        _retry = Retry;
        LocalAddress = Sockets.LocalAddress(fd);
    }

    /// <summary>Null for a unix socket.</summary>
    public IPEndPoint? LocalAddress { get; }

    /// <summary>
    /// Accepts from a listening descriptor, ours or one that was passed to us. <paramref name="accepted"/> runs on the chosen loop.
    /// Any thread.
    /// </summary>
    /// <param name="loops">Which loops take its connections.</param>
    /// <param name="fd">The listener's from now on.</param>
    /// <param name="accepted">Takes each connection.</param>
    /// <param name="refused">Called on the listener's loop when it cannot accept, with the number of connections reset for it: 0 while they wait.</param>
    public static LoopListener Start(LoopGroup loops, int fd, Action<LoopConnection> accepted, Action<Fault, int>? refused = null)
    {
        EventLoop home = loops.Loops[0];
        Sockets.Adopt(fd);
        var listener = new LoopListener(home, fd, () => loops.LeastLoaded, accepted, refused);
        home.Post(listener.Begin);
        return listener;
    }

    /// <summary>Another descriptor of the same socket, for another process; -1: it is closed. Any thread but a loop's.</summary>
    public Task<int> DuplicateAsync() => Loop.InvokeAsync(DuplicateOnLoop);

    /// <summary>Takes no new connection from now on. Any thread.</summary>
    public void Stop() => Loop.Post(StopOnLoop);

    /// <summary>The same, and waits until the address is free for somebody else. Any thread but a loop's.</summary>
    public void StopAndWait()
    {
        var stopped = new ManualResetEventSlim(); // not disposed: the loop may set it after we gave up
        Loop.Post(() =>
        {
            StopOnLoop();
            stopped.Set();
        });
        stopped.Wait(StopMax);
    }

    internal override void OnEvents(uint events)
    {
        if (!_isRetrying)
        {
            AcceptMore();
        }
    }

    private LoopTask<int> DuplicateOnLoop() => new(Fd < 0 ? -1 : Libc.fcntl(Fd, Flags.F_DUPFD_CLOEXEC, 0));

    /// <summary>Without a place in epoll it would be a port that never answers, so it is tried again until there is one.</summary>
    private void Begin()
    {
        if (Fd < 0)
        {
            return;
        }

        Loop.Reserve.Refill();
        if (!Loop.Watch(this, Flags.EPOLLIN | Flags.EPOLLET))
        {
            _refused?.Invoke(Fault.OutOfDescriptors, 0);
            Loop.DelayAsync(PauseMs).UnsafeOnCompleted(Begin);
        }
    }

    private void StopOnLoop()
    {
        if (Fd >= 0)
        {
            Loop.UnwatchShared(this);
            _ = Libc.close(Fd);
            Fd = -1;
        }
    }

    private void Retry()
    {
        _isRetrying = false;
        AcceptMore();
    }

    private void AcceptMore()
    {
        if (Loop.Overload == OverloadStep.StopAccepting && Fd >= 0)
        {
            Pause(Fault.Overloaded);
            return;
        }

        for (int i = Loop.Limits.AcceptsPerTurnMax; i > 0 && Fd >= 0; i--)
        {
            int fd = Libc.accept4(Fd, null, null, Flags.SOCK_NONBLOCK | Flags.SOCK_CLOEXEC);
            if (fd >= 0)
            {
                _pausedSinceMs = 0;
                HandOver(fd);
            }
            else if (!GoesOn(Errno.Last))
            {
                return;
            }
        }

        Loop.Defer(_acceptMore);
    }

    /// <summary>False: nothing waits any more, or accepting pauses.</summary>
    private bool GoesOn(int errno)
    {
        switch (errno)
        {
            case Errno.EAGAIN:
                _pausedSinceMs = 0;
                return false;
            case Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM:
                Pause(Fault.OutOfDescriptors);
                return false;
            default:
                return true; // the connection died in the queue (accept(2): ECONNABORTED and network errors)
        }
    }

    /// <summary>Most shortages are over in a moment, and nobody notices a wait. One that lasts is told to clients by a reset.</summary>
    private void Pause(Fault fault)
    {
        if (_pausedSinceMs == 0)
        {
            _pausedSinceMs = Loop.NowMs;
            _refused?.Invoke(fault, 0);
        }
        else if (Loop.NowMs - _pausedSinceMs >= QueueWaitMaxMs && ResetQueue(fault) is > 0 and var count)
        {
            _refused?.Invoke(fault, count);
        }

        _isRetrying = true;
        Loop.DelayAsync(PauseMs).UnsafeOnCompleted(_retry);
    }

    private int ResetQueue(Fault fault)
    {
        int count = 0;
        while (count < Loop.Limits.AcceptsPerTurnMax)
        {
            int fd = fault == Fault.OutOfDescriptors ? Loop.Reserve.Accept(Fd) : Libc.accept4(Fd, null, null, Flags.SOCK_NONBLOCK | Flags.SOCK_CLOEXEC);
            if (fd < 0)
            {
                break;
            }

            Sockets.ResetOnClose(fd);
            _ = Libc.close(fd);
            Loop.Reserve.Refill();
            count++;
        }

        Loop.Reserve.Refill();
        return count;
    }

    private void HandOver(int fd)
    {
        EventLoop loop = _chooseLoop();
        if (loop == Loop || loop.ConnectionCount >= Loop.ConnectionCount)
        {
            Open(Loop, fd);
            return;
        }

        loop.Post(() => Open(loop, fd));
    }

    private void Open(EventLoop loop, int fd)
    {
        if (LoopConnection.TryOpen(loop, fd, out LoopConnection? connection))
        {
            _accepted(connection);
        }
    }
}
