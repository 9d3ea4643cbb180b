using System.Runtime.InteropServices;

namespace Weft.Transport.Native;

/// <summary>The system calls of the data path. A failed call returns -1 and leaves its reason in <see cref="Errno.Last"/>.</summary>
/// <remarks>
/// Only the two calls of every request, which never block, suppress the GC transition: a collector waits some microseconds for them as it would for
/// our own code. The others may run for longer.
/// </remarks>
internal static unsafe partial class Libc
{
    private const string Name = "libc";

    [LibraryImport(Name)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport(Name)]
    internal static partial int epoll_ctl(int epoll, int operation, int fd, void* ev);

    [LibraryImport(Name)]
    internal static partial int epoll_wait(int epoll, void* events, int maxEvents, int timeoutMs);

    [LibraryImport(Name)]
    internal static partial int eventfd(uint initial, int flags);

    [LibraryImport(Name)]
    internal static partial int close(int fd);

    [LibraryImport(Name)]
    internal static partial nint read(int fd, void* buffer, nuint count);

    [LibraryImport(Name)]
    internal static partial nint write(int fd, void* buffer, nuint count);

    [LibraryImport(Name)]
    internal static partial int fcntl(int fd, int command, int argument);

    [LibraryImport(Name)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport(Name)]
    internal static partial int bind(int fd, void* address, uint length);

    [LibraryImport(Name)]
    internal static partial int listen(int fd, int backlog);

    [LibraryImport(Name)]
    internal static partial int accept4(int fd, void* address, uint* length, int flags);

    [LibraryImport(Name)]
    internal static partial int connect(int fd, void* address, uint length);

    [LibraryImport(Name), SuppressGCTransition]
    internal static partial nint recv(int fd, void* buffer, nuint count, int flags);

    [LibraryImport(Name), SuppressGCTransition]
    internal static partial nint send(int fd, void* buffer, nuint count, int flags);

    [LibraryImport(Name)]
    internal static partial nint sendmsg(int fd, MessageHeader* message, int flags);

    [LibraryImport(Name)]
    internal static partial nint writev(int fd, IoVector* vectors, int count);

    [LibraryImport(Name)]
    internal static partial nint recvfrom(int fd, void* buffer, nuint count, int flags, void* address, uint* length);

    [LibraryImport(Name)]
    internal static partial nint sendto(int fd, void* buffer, nuint count, int flags, void* address, uint length);

    [LibraryImport(Name)]
    internal static partial int shutdown(int fd, int how);

    [LibraryImport(Name)]
    internal static partial int getsockopt(int fd, int level, int option, void* value, uint* length);

    [LibraryImport(Name)]
    internal static partial int setsockopt(int fd, int level, int option, void* value, uint length);

    [LibraryImport(Name)]
    internal static partial int getsockname(int fd, void* address, uint* length);

    [LibraryImport(Name)]
    internal static partial int getpeername(int fd, void* address, uint* length);

    /// <summary>Null when there is no more, where <see cref="NativeMemory"/> throws. What it gives is freed by <see cref="NativeMemory.Free"/>.</summary>
    [LibraryImport(Name)]
    internal static partial void* malloc(nuint bytes);

    /// <summary>The same for <see cref="NativeMemory.AlignedFree"/>.</summary>
    [LibraryImport(Name)]
    internal static partial void* aligned_alloc(nuint alignment, nuint bytes);

    /// <summary>Ends the process at once, whatever its threads hold.</summary>
    [LibraryImport(Name)]
    internal static partial void _exit(int code);

    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        internal byte* Base;
        internal nuint Length;
    }

    /// <summary>struct msghdr of Linux, 64 bit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        internal void* Name;
        internal uint NameLength;
        internal IoVector* Vectors;
        internal nuint VectorCount;
        internal void* Control;
        internal nuint ControlLength;
        internal int Flags;
    }
}
