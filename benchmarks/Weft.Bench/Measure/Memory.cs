using System.Globalization;

namespace Weft.Bench.Measure;

/// <summary>What processes hold of the machine's memory, in MiB: all resident pages, those that are their own and not a file's, and their share of all (proc_pid_smaps(5)).</summary>
internal readonly record struct Memory(double RssMiB, double AnonMiB, double PssMiB)
{
    public static Memory Of(IReadOnlyList<int> processes) =>
        processes.Select(Of).Aggregate(default(Memory), static (a, b) => new(a.RssMiB + b.RssMiB, a.AnonMiB + b.AnonMiB, a.PssMiB + b.PssMiB));

    private static Memory Of(int pid)
    {
        ILookup<string, double> figures = File.ReadLines($"/proc/{pid}/smaps_rollup").Skip(1).Select(static l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToLookup(static f => f[0], static f => double.Parse(f[1], CultureInfo.InvariantCulture) / 1024);
        return new(figures["Rss:"].Sum(), figures["Anonymous:"].Sum(), figures["Pss:"].Sum());
    }
}
