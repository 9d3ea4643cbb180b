using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Weft.Transport;

/// <summary>Gives back what only starting needed: the garbage of it, and pages of files that were read once. Any thread, when the process has come to rest.</summary>
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

    // Only mappings of a file that cannot be written and hold no page of our own: what is in them is the file's, and comes back from the page cache when
    // it is wanted again. Where the linker has written its relocations, pages are our own and must stay.
    private static void ReleaseCode()
    {
        (nuint Start, nuint Length) mapping = default;
        foreach (string line in File.ReadLines("/proc/self/smaps")) // proc_pid_smaps(5): a line as in maps, then one for each figure
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (fields)
            {
                case ["Anonymous:", var own, ..] when own == "0" && mapping.Length > 0:
                    _ = madvise((void*)mapping.Start, mapping.Length, MADV_DONTNEED); // advice: a refusal changes nothing
                    break;
                case [var range, "r-xp" or "r--p", _, _, not "0", ['/', ..], ..] when range.Split('-') is [var from, var to]
                    && nuint.TryParse(from, NumberStyles.HexNumber, null, out nuint start) && nuint.TryParse(to, NumberStyles.HexNumber, null, out nuint end):
                    mapping = (start, end - start);
                    break;
                case [_, ['r' or '-', _, _, _], _, _, _, ..]:
                    mapping = default;
                    break;
            }
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(void* address, nuint length, int advice);
}
