using System.Net;
using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>Plain socket calls with their results as values. Any thread.</summary>
public static unsafe class Sockets
{
    private const int BacklogMax = 4096;

    /// <summary>The address that was dialled before nftables redirected the connection to us; null when it was not redirected.</summary>
    public static IPEndPoint? OriginalDestination(int fd, bool ipv6)
    {
        byte* address = stackalloc byte[SocketTarget.KernelBytesMax];
        uint length = SocketTarget.KernelBytesMax;
        int level = ipv6 ? Flags.SOL_IPV6 : Flags.SOL_IP;
        return Libc.getsockopt(fd, level, Flags.SO_ORIGINAL_DST, address, &length) == 0
            ? SocketTarget.ToEndPoint(new ReadOnlySpan<byte>(address, (int)length))
            : null;
    }

    public static IPEndPoint? LocalAddress(int fd)
    {
        byte* address = stackalloc byte[SocketTarget.KernelBytesMax];
        uint length = SocketTarget.KernelBytesMax;
        return Libc.getsockname(fd, address, &length) == 0 ? SocketTarget.ToEndPoint(new ReadOnlySpan<byte>(address, (int)length)) : null;
    }

    public static IPEndPoint? RemoteAddress(int fd)
    {
        byte* address = stackalloc byte[SocketTarget.KernelBytesMax];
        uint length = SocketTarget.KernelBytesMax;
        return Libc.getpeername(fd, address, &length) == 0 ? SocketTarget.ToEndPoint(new ReadOnlySpan<byte>(address, (int)length)) : null;
    }

    /// <summary>A listening socket on <paramref name="target"/>. Throws <see cref="IOException"/> naming the address and the cure.</summary>
    public static int Listen(SocketTarget target)
    {
        int fd = Create(target, Flags.SOCK_STREAM);
        int one = 1;
        _ = Libc.setsockopt(fd, Flags.SOL_SOCKET, Flags.SO_REUSEADDR, &one, sizeof(int));
        if (target.Family == Flags.AF_INET6)
        {
            _ = Libc.setsockopt(fd, Flags.SOL_IPV6, Flags.IPV6_V6ONLY, &one, sizeof(int));
        }

        Bind(fd, target);
        if (Libc.listen(fd, BacklogMax) != 0)
        {
            throw Refuse(fd, "listen on", target);
        }

        return fd;
    }

    /// <summary>A UDP socket bound to <paramref name="target"/>.</summary>
    public static int BindDatagram(SocketTarget target)
    {
        int fd = Create(target, Flags.SOCK_DGRAM);
        Bind(fd, target);
        return fd;
    }

    /// <summary>Makes a descriptor from elsewhere (inherited, passed by SCM_RIGHTS) fit for a loop.</summary>
    public static void Adopt(int fd)
    {
        int flags = Libc.fcntl(fd, Flags.F_GETFL, 0);
        if (flags < 0)
        {
            throw new IOException($"Descriptor {fd} is not open: {Errno.Describe(Errno.Last)}.");
        }

        _ = Libc.fcntl(fd, Flags.F_SETFL, flags | Flags.O_NONBLOCK);
        _ = Libc.fcntl(fd, Flags.F_SETFD, Flags.FD_CLOEXEC);
    }

    public static void Close(int fd) => _ = Libc.close(fd);

    internal static int TryCreate(int family, int type) =>
        Libc.socket(family, type | Flags.SOCK_NONBLOCK | Flags.SOCK_CLOEXEC, 0);

    internal static bool IsSocket(int fd)
    {
        int type;
        uint length = sizeof(int);
        return Libc.getsockopt(fd, Flags.SOL_SOCKET, Flags.SO_TYPE, &type, &length) == 0;
    }

    /// <summary>What is ready in one turn leaves in one send, so Nagle's wait would only add to it.</summary>
    internal static void DisableNagle(int fd)
    {
        int one = 1;
        _ = Libc.setsockopt(fd, Flags.IPPROTO_TCP, Flags.TCP_NODELAY, &one, sizeof(int));
    }

    /// <summary>Whole seconds, as the kernel counts them. A socket that is no TCP one says no, and nothing happens.</summary>
    internal static void KeepAlive(int fd, SocketKeepAlive settings)
    {
        Set(fd, Flags.SOL_SOCKET, Flags.SO_KEEPALIVE, 1);
        Set(fd, Flags.IPPROTO_TCP, Flags.TCP_KEEPIDLE, Seconds(settings.Time));
        Set(fd, Flags.IPPROTO_TCP, Flags.TCP_KEEPINTVL, Seconds(settings.Interval));
        Set(fd, Flags.IPPROTO_TCP, Flags.TCP_KEEPCNT, Math.Min(settings.Probes, 127));

        static int Seconds(TimeSpan time) => time == TimeSpan.Zero ? 0 : (int)Math.Clamp(Math.Ceiling(time.TotalSeconds), 1, 32_767);

        static void Set(int fd, int level, int option, int value)
        {
            if (value > 0)
            {
                _ = Libc.setsockopt(fd, level, option, &value, sizeof(int));
            }
        }
    }

    /// <summary>The next close sends RST instead of FIN.</summary>
    internal static void ResetOnClose(int fd)
    {
        int* linger = stackalloc int[2];
        linger[0] = 1;
        linger[1] = 0;
        _ = Libc.setsockopt(fd, Flags.SOL_SOCKET, Flags.SO_LINGER, linger, 2 * sizeof(int));
    }

    private static int Create(SocketTarget target, int type)
    {
        int fd = TryCreate(target.Family, type);
        return fd >= 0 ? fd : throw new IOException($"No socket for {target}: {Errno.Describe(Errno.Last)}.");
    }

    private static void Bind(int fd, SocketTarget target)
    {
        fixed (byte* address = target.Bytes)
        {
            if (Libc.bind(fd, address, (uint)target.Bytes.Length) != 0)
            {
                throw Refuse(fd, "bind", target);
            }
        }
    }

    private static IOException Refuse(int fd, string what, SocketTarget target)
    {
        int errno = Errno.Last;
        _ = Libc.close(fd);
        string cure = errno == Errno.EADDRINUSE ? "; another process has it, choose another port or stop that process" : string.Empty;
        return new IOException($"Cannot {what} {target}: {Errno.Describe(errno)}{cure}.");
    }
}
