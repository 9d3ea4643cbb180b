using Microsoft.Win32.SafeHandles;

namespace Weft.Transport.Processes;

/// <summary>Making and closing plain descriptors, all of them close-on-exec.</summary>
public static unsafe class Descriptor
{
    /// <summary>Two connected stream sockets; the end of one process is end-of-file for the other.</summary>
    public static (SafeFileHandle Ours, SafeFileHandle Theirs) StreamPair() => Pair(ProcessCalls.SOCK_STREAM);

    /// <summary>Two connected sockets that keep message boundaries and carry descriptors (SCM_RIGHTS).</summary>
    public static (SafeFileHandle Ours, SafeFileHandle Theirs) MessagePair() => Pair(ProcessCalls.SOCK_SEQPACKET);

    public static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        int* pair = stackalloc int[2];
        if (ProcessCalls.pipe2(pair, ProcessCalls.O_CLOEXEC) < 0) { throw new SystemCallException("pipe", ProcessCalls.Error); }
        return (new SafeFileHandle(pair[0], ownsHandle: true), new SafeFileHandle(pair[1], ownsHandle: true));
    }

    public static void Close(int fd)
    {
        if (fd >= 0) { _ = ProcessCalls.close(fd); }
    }

    /// <summary>Ends both directions; a thread that reads from it returns.</summary>
    public static void Shutdown(int fd) => _ = ProcessCalls.shutdown(fd, ProcessCalls.SHUT_RDWR);

    public static void SetBlocking(int fd, bool blocking)
    {
        int flags = ProcessCalls.fcntl(fd, ProcessCalls.F_GETFL, 0);
        _ = ProcessCalls.fcntl(fd, ProcessCalls.F_SETFL, blocking ? flags & ~ProcessCalls.O_NONBLOCK : flags | ProcessCalls.O_NONBLOCK);
    }

    public static bool IsTerminal(int fd) => ProcessCalls.isatty(fd) == 1;

    /// <summary>Reads what is there; 0 at the end, -1 when nothing is there yet (non-blocking) or it failed.</summary>
    public static int Read(int fd, Span<byte> into)
    {
        fixed (byte* at = into)
        {
            while (true)
            {
                nint n = ProcessCalls.read(fd, at, (nuint)into.Length);
                if (n >= 0 || ProcessCalls.Error != ProcessCalls.EINTR) { return (int)n; }
            }
        }
    }

    /// <summary>Writes all of it to a blocking socket without raising SIGPIPE; false when the other end is gone.</summary>
    public static bool SendAll(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* at = bytes)
        {
            for (int sent = 0; sent < bytes.Length;)
            {
                nint n = ProcessCalls.send(fd, at + sent, (nuint)(bytes.Length - sent), ProcessCalls.MSG_NOSIGNAL);
                if (n >= 0) { sent += (int)n; }
                else if (ProcessCalls.Error != ProcessCalls.EINTR) { return false; }
            }
        }

        return true;
    }

    /// <summary>Writes to anything; used for the wake-up pipe of signal handlers.</summary>
    public static void Write(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* at = bytes) { _ = ProcessCalls.write(fd, at, (nuint)bytes.Length); }
    }

    private static (SafeFileHandle, SafeFileHandle) Pair(int type)
    {
        int* pair = stackalloc int[2];
        if (ProcessCalls.socketpair(ProcessCalls.AF_UNIX, type | ProcessCalls.SOCK_CLOEXEC, 0, pair) < 0)
        {
            throw new SystemCallException("socketpair", ProcessCalls.Error);
        }

        return (new SafeFileHandle(pair[0], ownsHandle: true), new SafeFileHandle(pair[1], ownsHandle: true));
    }
}
