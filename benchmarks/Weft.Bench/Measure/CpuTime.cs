using System.Globalization;

namespace Weft.Bench.Measure;

/// <summary>
/// CPU time of processes so far. The total comes from the scheduler in nanoseconds (/proc/PID/task/*/schedstat); the
/// split into user and system from /proc/PID/stat, which the kernel scales to the same total, in ticks of 10 ms.
/// </summary>
internal readonly record struct CpuTime(double TotalMicros, double UserMicros, double SystemMicros)
{
    private const double MicrosPerTick = 10_000;
    private const int UserField = 11;   // proc(5): utime is field 14; counted from the one after the command's bracket
    private const int SystemField = 12;

    public static CpuTime Of(IReadOnlyList<int> processes) =>
        processes.Select(Of).Aggregate(default(CpuTime), (a, b) => new(a.TotalMicros + b.TotalMicros, a.UserMicros + b.UserMicros, a.SystemMicros + b.SystemMicros));

    public static CpuTime operator -(CpuTime a, CpuTime b) =>
        new(a.TotalMicros - b.TotalMicros, a.UserMicros - b.UserMicros, a.SystemMicros - b.SystemMicros);

    private static CpuTime Of(int pid)
    {
        double nanos = Directory.EnumerateDirectories($"/proc/{pid}/task")
            .Sum(t => double.Parse(File.ReadAllText($"{t}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture));
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new(nanos / 1000, Ticks(fields[UserField]), Ticks(fields[SystemField]));
    }

    private static double Ticks(string field) => double.Parse(field, CultureInfo.InvariantCulture) * MicrosPerTick;
}
