using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>
/// One descriptor kept for the moment when there is none left: given up to accept a connection just to close it. Otherwise whoever waits in the
/// queue would wait for ever. One per loop that listens; that loop's.
/// </summary>
internal sealed unsafe class DescriptorReserve
{
    private int _fd = -1;

    /// <summary>Opens it anew, when it can.</summary>
    internal void Refill()
    {
        if (_fd < 0)
        {
            _fd = Libc.eventfd(0, Flags.EFD_NONBLOCK | Flags.EFD_CLOEXEC);
        }
    }

    /// <summary>Accepts with the reserve; -1: nobody waits, or another thread was quicker. The caller closes it and refills.</summary>
    internal int Accept(int listener)
    {
        Release();
        return Libc.accept4(listener, null, null, Flags.SOCK_NONBLOCK | Flags.SOCK_CLOEXEC);
    }

    internal void Release()
    {
        if (_fd >= 0)
        {
            _ = Libc.close(_fd);
            _fd = -1;
        }
    }
}
