using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Weft.Transport;

/// <summary>Gives back what only starting needed: the garbage of it, and pages of code that ran once. Any thread, when the process has come to rest.</summary>
public static unsafe partial class StartupMemory
{
    // linux/mman.h
    private const int MADV_DONTNEED = 4;

    public static void Release()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ReleaseCode();
    }

    /// <summary>Whole pages that hold nothing any more.</summary>
    internal static void Release(byte* start, int bytes) => _ = madvise(start, (nuint)bytes, MADV_DONTNEED);

    // Only mappings that are executable and backed by a file: their pages are the file's own, and come back from the page cache when the
    // code runs again. Data mappings hold relocations and must stay.
    private static void ReleaseCode()
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields is [var range, "r-xp", _, _, not "0", ['/', ..], ..]
                && range.Split('-') is [var from, var to]
                && nuint.TryParse(from, NumberStyles.HexNumber, null, out nuint start)
                && nuint.TryParse(to, NumberStyles.HexNumber, null, out nuint end))
            {
                _ = madvise((void*)start, end - start, MADV_DONTNEED); // advice: a refusal changes nothing
            }
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(void* address, nuint length, int advice);
}
