namespace Weft.Bench.Measure;

/// <summary>Weft against one peer, pair by pair of neighbouring runs: the median and the spread of a/b.</summary>
internal sealed record Ratio(string Scenario, string A, string B, string Metric, int Rate, double Median, double Low, double High, int Pairs);

internal static class Ratios
{
    private const string Ours = "weft";

    private static readonly (string Name, Func<Run, double> Value)[] Metrics =
        [("cpuMicrosPerRequest", r => r.CpuMicrosPerRequest), ("p50Ms", r => r.P50Ms), ("p99Ms", r => r.P99Ms), ("kiBPerConnection", r => r.KiBPerConnection)];

    public static IReadOnlyList<Ratio> Of(IReadOnlyList<Run> runs) =>
    [
        .. from series in runs.GroupBy(r => (r.Scenario, r.Rate))
           from peer in series.Select(r => r.Contender).Distinct().Where(c => c != Ours && c != "direct")
           from metric in Metrics
           let pairs = Pairs(series, peer, metric.Value)
           where pairs.Length > 0
           select new Ratio(series.Key.Scenario, Ours, peer, metric.Name, series.Key.Rate, Median(pairs), pairs[0], pairs[^1], pairs.Length),
    ];

    private static double[] Pairs(IEnumerable<Run> series, string peer, Func<Run, double> value)
    {
        ILookup<int, Run> rounds = series.ToLookup(r => r.Round);
        return
        [
            .. rounds.Select(round => (A: round.FirstOrDefault(r => r.Contender == Ours), B: round.FirstOrDefault(r => r.Contender == peer)))
                .Where(p => p.A is not null && p.B is not null && value(p.B) > 0)
                .Select(p => value(p.A!) / value(p.B!))
                .Order(),
        ];
    }

    private static double Median(double[] sorted) =>
        sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}
