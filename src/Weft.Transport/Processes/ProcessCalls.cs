using System.Runtime.InteropServices;

namespace Weft.Transport.Processes;

/// <summary>The system calls around processes, descriptors and namespaces. Linux, 64 bit; -1 means <see cref="Marshal.GetLastPInvokeError"/>.</summary>
internal static unsafe partial class ProcessCalls
{
    internal const int AF_UNIX = 1;
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int AF_NETLINK = 16;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_DGRAM = 2;
    internal const int SOCK_RAW = 3;
    internal const int SOCK_SEQPACKET = 5;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1;
    internal const int SO_REUSEADDR = 2;
    internal const int SCM_RIGHTS = 1;
    internal const int IPPROTO_IPV6 = 41;
    internal const int IPV6_V6ONLY = 26;
    internal const int NETLINK_NETFILTER = 12;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const int MSG_CMSG_CLOEXEC = 0x40000000;
    internal const int MSG_CTRUNC = 0x8;
    internal const int F_GETFL = 3;
    internal const int F_SETFL = 4;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int SHUT_RDWR = 2;
    internal const short POLLIN = 1;
    internal const short POLLERR = 8;
    internal const short POLLHUP = 16;
    internal const int EINTR = 4;
    internal const ulong MS_BIND = 4096;
    internal const short SPAWN_SETPGROUP = 2;
    internal const short SPAWN_SETSIGDEF = 4;
    internal const short SPAWN_SETSIGMASK = 8;
    internal const short SPAWN_SETSID = 0x80;

    private const string C = "libc";

    [LibraryImport(C, SetLastError = true)]
    internal static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int pipe2(int* pair, int flags);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int fcntl(int fd, int command, int argument);

    [LibraryImport(C, SetLastError = true)]
    internal static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport(C, SetLastError = true)]
    internal static partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport(C, SetLastError = true)]
    internal static partial nint send(int fd, byte* buffer, nuint count, int flags);

    [LibraryImport(C, SetLastError = true)]
    internal static partial nint sendmsg(int fd, Message* message, int flags);

    [LibraryImport(C, SetLastError = true)]
    internal static partial nint recvmsg(int fd, Message* message, int flags);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int bind(int fd, byte* address, uint length);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int listen(int fd, int backlog);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int setsockopt(int fd, int level, int option, int* value, uint length);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int poll(PollEntry* entries, nuint count, int timeoutMs);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int waitpid(int pid, int* status, int options);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int shutdown(int fd, int how);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int isatty(int fd);

    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mount(string source, string target, string? type, nuint flags, byte* data);

    [LibraryImport(C, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int posix_spawnp(int* pid, string file, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport(C)]
    internal static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport(C)]
    internal static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport(C)]
    internal static partial int posix_spawn_file_actions_adddup2(byte* actions, int fd, int target);

    [LibraryImport(C)]
    internal static partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int from);

    [LibraryImport(C, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int posix_spawn_file_actions_addchdir_np(byte* actions, string path);

    [LibraryImport(C)]
    internal static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport(C)]
    internal static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport(C)]
    internal static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport(C)]
    internal static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* set);

    [LibraryImport(C)]
    internal static partial int posix_spawnattr_setsigmask(byte* attributes, byte* set);

    [LibraryImport(C)]
    internal static partial int sigemptyset(byte* set);

    [LibraryImport(C)]
    internal static partial int sigaddset(byte* set, int signal);

    internal static int Error => Marshal.GetLastPInvokeError();

    internal static string Describe(int errno) => $"{Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})";

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollEntry
    {
        internal int Fd;
        internal short Events;
        internal short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Vector
    {
        internal byte* Base;
        internal nuint Length;
    }

    /// <summary>struct msghdr of Linux, 64 bit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Message
    {
        internal void* Name;
        internal uint NameLength;
        internal Vector* Vectors;
        internal nuint VectorCount;
        internal byte* Control;
        internal nuint ControlLength;
        internal int Flags;
    }
}
