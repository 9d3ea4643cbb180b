using System.Runtime.InteropServices;

namespace Weft.Transport.Native;

/// <summary>Reasons of failed calls (errno.h of Linux, the same numbers on x86-64 and arm64).</summary>
internal static class Errno
{
    internal const int EINTR = 4;
    internal const int EPIPE = 32;
    internal const int EAGAIN = 11;
    internal const int EMFILE = 24;
    internal const int ENFILE = 23;
    internal const int ENOBUFS = 105;
    internal const int ENOMEM = 12;
    internal const int EADDRINUSE = 98;
    internal const int ENETUNREACH = 101;
    internal const int ECONNABORTED = 103;
    internal const int ECONNRESET = 104;
    internal const int ETIMEDOUT = 110;
    internal const int ECONNREFUSED = 111;
    internal const int EHOSTUNREACH = 113;
    internal const int EINPROGRESS = 115;
    internal const int ENOENT = 2;

    /// <summary>Read at once after the failed call: the next call of any kind may overwrite it.</summary>
    internal static int Last => Marshal.GetLastSystemError();

    internal static string Describe(int errno) => $"{Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})";
}
