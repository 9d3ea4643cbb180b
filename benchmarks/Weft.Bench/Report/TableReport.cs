using Weft.Bench.Measure;

namespace Weft.Bench.Report;

internal static class TableReport
{
    public static void Print(IReadOnlyList<Run> runs, IReadOnlyList<Ratio> ratios)
    {
        foreach (IGrouping<(string Scenario, int Rate), Run> series in runs.GroupBy(r => (r.Scenario, r.Rate)))
        {
            string load = series.Key.Rate == 0 ? "saturated" : $"{series.Key.Rate} requests/s";
            Console.WriteLine($"\n{series.Key.Scenario}, {series.First().Connections} connections, {load}: medians of {series.Max(r => r.Round)} rounds");
            Console.WriteLine($"  {"",-26}{"CPU µs/request",15}{"user",8}{"system",8}{"p50 ms",9}{"p99 ms",9}{"RSS MiB",9}   weft's CPU is");
            foreach (IGrouping<string, Run> contender in series.GroupBy(r => r.Contender))
            {
                Ratio? ratio = ratios.FirstOrDefault(r =>
                    r.Scenario == series.Key.Scenario && r.Rate == series.Key.Rate && r.B == contender.Key && r.Metric == "cpuMicrosPerRequest");
                string against = ratio is null ? "" : $"{ratio.Median:F2} x ({ratio.Low:F2} to {ratio.High:F2}, {ratio.Pairs} pairs)";
                Console.WriteLine(
                    $"  {contender.Key,-26}{Median(contender, r => r.CpuMicrosPerRequest),15:F3}{Median(contender, r => r.UserMicros),8:F2}"
                    + $"{Median(contender, r => r.SystemMicros),8:F2}{Median(contender, r => r.P50Ms),9:F3}{Median(contender, r => r.P99Ms),9:F3}"
                    + $"{Median(contender, r => r.RssMiB),9:F1}   {against}");
            }
        }
    }

    internal static double Median(IEnumerable<Run> runs, Func<Run, double> value)
    {
        double[] sorted = [.. runs.Select(value).Order()];
        return sorted[sorted.Length / 2];
    }
}
