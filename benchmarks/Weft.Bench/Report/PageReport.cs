using System.Globalization;
using System.Text;
using Weft.Bench.Measure;
using Weft.Bench.Scenarios;

namespace Weft.Bench.Report;

/// <summary>Tables and a picture for people. The words before the mark are the page's own and stay.</summary>
internal static class PageReport
{
    private const string Mark = "<!-- measured -->";

    public static async Task WriteAsync(string file, BenchOptions options, IReadOnlyList<Run> runs, IReadOnlyList<Ratio> ratios)
    {
        string before = File.Exists(file) ? (await File.ReadAllTextAsync(file)).Split(Mark)[0] : "# Benchmarks\n\n";
        string picture = Path.ChangeExtension(file, ".svg");
        await File.WriteAllTextAsync(picture, RatioPicture.Draw([.. ratios.Where(r => r.Metric == "cpuMicrosPerRequest")]));
        var page = new StringBuilder(before).Append(Mark).Append("\n\n## Latest\n\n");
        Machine machine = Machine.Here();
        page.Append(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {machine.Processor}, {machine.Cores} cores, Linux {machine.Kernel}, {machine.Runtime}. ");
        page.Append(CultureInfo.InvariantCulture, $"{string.Join("; ", machine.Peers.Values)}. {options.Rounds} rounds of {options.Seconds} s.\n\n");
        page.Append(CultureInfo.InvariantCulture, $"![CPU time per request of Weft in relation to each peer's]({Path.GetFileName(picture)})\n");
        foreach (IGrouping<(string Scenario, int Rate), Run> series in runs.GroupBy(r => (r.Scenario, r.Rate)))
        {
            Append(page, series, ratios);
        }

        await File.WriteAllTextAsync(file, page.ToString());
    }

    private static void Append(StringBuilder page, IGrouping<(string Scenario, int Rate), Run> series, IReadOnlyList<Ratio> ratios)
    {
        Scenario scenario = ScenarioCatalog.All.First(s => s.Name == series.Key.Scenario);
        page.Append(CultureInfo.InvariantCulture, $"\n### {scenario.Name}\n\n{char.ToUpperInvariant(scenario.Describes[0])}{scenario.Describes[1..]}.\n\n");
        page.Append("| | CPU µs/request | user | system | p50 ms | p99 ms | RSS MiB | KiB each | Weft's CPU is | Weft's p99 is |\n|---|--:|--:|--:|--:|--:|--:|--:|---|---|\n");
        foreach (IGrouping<string, Run> contender in series.GroupBy(r => r.Contender))
        {
            double Of(Func<Run, double> value) => TableReport.Median(contender, value);
            string Against(string metric) => ratios.FirstOrDefault(r => r.Scenario == series.Key.Scenario && r.Rate == series.Key.Rate && r.B == contender.Key && r.Metric == metric) is { } ratio
                ? string.Create(CultureInfo.InvariantCulture, $"{ratio.Median:F2} × ({ratio.Low:F2} to {ratio.High:F2})") : "";
            page.Append(CultureInfo.InvariantCulture, $"| {contender.Key} | {Of(r => r.CpuMicrosPerRequest):F2} | {Of(r => r.UserMicros):F2} | {Of(r => r.SystemMicros):F2} ");
            page.Append(CultureInfo.InvariantCulture, $"| {Of(r => r.P50Ms):F3} | {Of(r => r.P99Ms):F3} | {Of(r => r.RssMiB):F1} | {(Of(r => r.KiBPerConnection) is > 0 and var each ? each.ToString("F2", CultureInfo.InvariantCulture) : "")} ");
            page.Append(CultureInfo.InvariantCulture, $"| {Against("cpuMicrosPerRequest")} | {Against("p99Ms")} |\n");
        }
    }
}
