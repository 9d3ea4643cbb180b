using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>How another thread wakes a loop: an eventfd, written once until the loop has looked.</summary>
internal sealed unsafe class LoopWake : IoHandle
{
    private int _signalled;

    internal LoopWake(EventLoop loop)
        : base(loop)
    {
        Fd = Libc.eventfd(0, Flags.EFD_NONBLOCK | Flags.EFD_CLOEXEC);
        if (Fd < 0)
        {
            throw new IOException($"No wake-up descriptor: {Errno.Describe(Errno.Last)}; raise the limit of open files (ulimit -n).");
        }
    }

    /// <summary>Any thread.</summary>
    internal void Signal()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
        {
            ulong one = 1;
            _ = Libc.write(Fd, &one, sizeof(ulong));
        }
    }

    internal override void OnEvents(uint events)
    {
        ulong count;
        _ = Libc.read(Fd, &count, sizeof(ulong));
        Volatile.Write(ref _signalled, 0);
        Interlocked.MemoryBarrier();
        Loop.TakePosted();
    }
}
