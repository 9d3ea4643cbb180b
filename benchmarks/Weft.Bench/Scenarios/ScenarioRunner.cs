using Weft.Bench.Contenders;
using Weft.Bench.Measure;

namespace Weft.Bench.Scenarios;

/// <summary>
/// Runs all contenders of a scenario in turn, round after round, so that a change of the machine's speed meets all of
/// them. The proxy has the last core for itself; client and origin share the first.
/// </summary>
internal sealed class ScenarioRunner(BenchOptions options)
{
    private const double WarmUpSeconds = 1;

    public async Task<IReadOnlyList<Run>> RunAsync(Scenario scenario, CancellationToken ct)
    {
        using var bench = new Workbench(scenario);
        List<Contender> contenders = [.. scenario.Contenders.Where(c => options.Contenders?.Contains(c.Name) ?? true)];
        IReadOnlyList<int> rates = options.Rate is { } rate ? [rate] : scenario.Rates;
        var runs = new List<Run>();
        await bench.StartOriginsAsync(ct);
        var started = new List<(Contender Contender, RunningContender Running)>();
        try
        {
            foreach (Contender contender in contenders)
            {
                if (await contender.StartAsync(bench, ct) is { } running)
                {
                    started.Add((contender, running));
                }
            }

            for (int round = 0; round <= options.Rounds; round++)
            {
                foreach ((Contender contender, RunningContender running) in started)
                {
                    foreach (int r in rates)
                    {
                        double seconds = round == 0 ? WarmUpSeconds : options.Seconds;
                        Run run = await MeasureAsync(scenario, contender, running, r, seconds, round, bench, ct);
                        if (round > 0)
                        {
                            runs.Add(run);
                            await Console.Error.WriteLineAsync(run.ToString());
                        }
                    }
                }
            }
        }
        finally
        {
            started.ForEach(s => s.Running.Dispose());
        }

        return runs;
    }

    private async Task<Run> MeasureAsync(
        Scenario scenario, Contender contender, RunningContender running, int rate, double seconds, int round, Workbench bench, CancellationToken ct)
    {
        int connections = options.Connections ?? scenario.Connections;
        double rssAtFirst = running.RssAtFirstMiB;
        CpuTime before = CpuTime.Of(running.Processes);
        using HeldConnections? held = scenario.Load is LoadKind.Idle ? await bench.HoldAsync(running.Port, connections, ct) : null;
        LoadResult load = scenario.Load switch
        {
            LoadKind.Idle => new LoadResult(connections, 0, 0, 0, 0, 0, 0),
            LoadKind.Handshakes => await bench.HandshakesAsync(running.Port, connections, seconds, ct),
            _ => await bench.LoadAsync(new LoadOrder(running.Port, connections, seconds, rate), ct),
        };
        CpuTime used = CpuTime.Of(running.Processes) - before;
        double per = Math.Max(1, load.Requests);
        double rss = running.RssMiB();
        return new Run(
            scenario.Name, contender.Name, connections, rate, load.Requests, load.Errors, used.TotalMicros / per, used.UserMicros / per,
            used.SystemMicros / per, load.P50Ms, load.P90Ms, load.P99Ms, load.P999Ms, rss, round)
        {
            KiBPerConnection = held is null ? 0 : (rss - rssAtFirst) * 1024 / connections,
        };
    }
}
