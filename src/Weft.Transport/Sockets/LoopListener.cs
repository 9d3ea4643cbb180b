using System.Net;
using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>Accepts on one loop and gives each connection to the least-loaded one. Used by its loop only.</summary>
public sealed unsafe class LoopListener : IoHandle
{
    /// <summary>With no descriptor left, accepting again at once would only spin.</summary>
    private const int ExhaustedPauseMs = 100;

    /// <summary>A loop that does not come to it in this time has other troubles; opening again will say that the port is taken.</summary>
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(1);

    private readonly Func<EventLoop> _chooseLoop;
    private readonly Action<LoopConnection> _accepted;
    private readonly Action _acceptMore;
    private readonly Action<int>? _exhausted;

    private LoopListener(EventLoop loop, int fd, Func<EventLoop> chooseLoop, Action<LoopConnection> accepted, Action<int>? exhausted)
        : base(loop)
    {
        Fd = fd;
        _chooseLoop = chooseLoop;
        _accepted = accepted;
        _exhausted = exhausted;
        _acceptMore = AcceptMore;
        LocalAddress = Sockets.LocalAddress(fd);
    }

    /// <summary>Null for a unix socket.</summary>
    public IPEndPoint? LocalAddress { get; }

    /// <summary>
    /// Accepts from a listening descriptor, ours or one that was passed to us. <paramref name="accepted"/> runs on the chosen loop.
    /// Any thread.
    /// </summary>
    /// <param name="exhausted">Called with errno when the process has no descriptor left; accepting pauses for a moment.</param>
    public static LoopListener Start(LoopGroup loops, int fd, Action<LoopConnection> accepted, Action<int>? exhausted = null)
    {
        EventLoop home = loops.Loops[0];
        Sockets.Adopt(fd);
        var listener = new LoopListener(home, fd, () => loops.LeastLoaded, accepted, exhausted);
        home.Post(() => _ = home.Watch(listener, Flags.EPOLLIN | Flags.EPOLLET));
        return listener;
    }

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

    internal override void OnEvents(uint events) => AcceptMore();

    private void StopOnLoop()
    {
        if (Fd >= 0)
        {
            Loop.Unwatch(this);
            _ = Libc.close(Fd);
            Fd = -1;
        }
    }

    private void AcceptMore()
    {
        for (int i = Loop.Limits.AcceptsPerTurnMax; i > 0 && Fd >= 0; i--)
        {
            int fd = Libc.accept4(Fd, null, null, Flags.SOCK_NONBLOCK | Flags.SOCK_CLOEXEC);
            if (fd >= 0)
            {
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
                return false;
            case Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM:
                _exhausted?.Invoke(errno);
                Loop.DelayAsync(ExhaustedPauseMs).UnsafeOnCompleted(_acceptMore);
                return false;
            default:
                return true; // the connection died in the queue (accept(2): ECONNABORTED and network errors)
        }
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
