using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Weft.Transport.Processes;

/// <summary>What the system lets this process have, and what it has. Any thread.</summary>
public static unsafe partial class ProcessLimits
{
    // getrlimit(2), the same number on x86-64 and arm64.
    private const int RLIMIT_NOFILE = 7;

    private static readonly SafeFileHandle Statm = File.OpenHandle("/proc/self/statm");

    /// <summary>Raises the limit of open files to what the system allows, and returns it.</summary>
    public static long RaiseDescriptors()
    {
        Limit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        {
            return long.MaxValue;
        }

        if (limit.Soft < limit.Hard)
        {
            var raised = new Limit { Soft = limit.Hard, Hard = limit.Hard };
            limit = setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised : limit;
        }

        return limit.Soft > long.MaxValue ? long.MaxValue : (long)limit.Soft;
    }

    /// <summary>Descriptors open now. Walks them all: for a start, not for a watch.</summary>
    public static int CountDescriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();

    /// <summary>Memory limit of the process's control group, or of one that holds it; 0: none.</summary>
    public static long ControlGroupMemory()
    {
        try
        {
            long least = long.MaxValue;
            foreach (string line in File.ReadLines("/proc/self/cgroup"))
            {
                // cgroups(7): "0::/path" of version 2, "7:memory:/path" of version 1.
                least = line.Split(':', 3) switch
                {
                    ["0", "", var path] => Math.Min(least, Least("/sys/fs/cgroup", path, "memory.max")),
                    [_, "memory", var path] => Math.Min(least, Least("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes")),
                    _ => least,
                };
            }

            return least >= long.MaxValue / 2 ? 0 : least; // version 1 says "none" by a number of that size
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Resident bytes of the process. Allocates nothing.</summary>
    public static long ResidentBytes()
    {
        Span<byte> text = stackalloc byte[128];
        int length = RandomAccess.Read(Statm, text, 0);

        // proc(5): size, resident, …, in pages.
        ReadOnlySpan<byte> rest = text[..length];
        int space = rest.IndexOf((byte)' ');
        rest = space < 0 ? default : rest[(space + 1)..];
        return System.Buffers.Text.Utf8Parser.TryParse(rest, out long pages, out _) ? pages * Environment.SystemPageSize : 0;
    }

    private static long Least(string root, string path, string file)
    {
        long least = long.MaxValue;
        for (string at = path.Trim('/'); ; at = Path.GetDirectoryName(at) ?? "")
        {
            string full = Path.Combine(root, at, file);
            if (File.Exists(full) && long.TryParse(File.ReadAllText(full).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
            {
                least = Math.Min(least, bytes);
            }

            if (at.Length == 0)
            {
                return least;
            }
        }
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, Limit* limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, Limit* limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        internal ulong Soft;
        internal ulong Hard;
    }
}
