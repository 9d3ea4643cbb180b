using System.Diagnostics;
using Weft.Bench.Measure;
using Weft.Bench.Scenarios;

namespace Weft.Bench.Micro;

/// <summary>Times pieces of work in this process, round after round. A request of a run is one call.</summary>
internal sealed class MicroRunner(BenchOptions options)
{
    private const int Batch = 1_000;
    private const double WarmUpSeconds = 0.3;

    public IReadOnlyList<Run> Run(Scenario scenario, CancellationToken ct)
    {
        List<(MicroCase Case, Func<int> Once)> cases = [.. MicroCatalog.All.Where(c => options.Contenders?.Contains(c.Name) ?? true).Select(c => (c, c.Prepare()))];
        var runs = new List<Run>();
        for (int round = 0; round <= options.Rounds; round++)
        {
            foreach ((MicroCase work, Func<int> once) in cases)
            {
                ct.ThrowIfCancellationRequested();
                // As long as a scenario over the network would take for all of them together.
                Run run = Measure(scenario, work, once, round == 0 ? WarmUpSeconds : Math.Max(WarmUpSeconds, options.Seconds / cases.Count), round);
                if (round > 0)
                {
                    runs.Add(run);
                    Console.Error.WriteLine(FormattableString.Invariant($"{work.Name,-26} round {round} {run.CpuMicrosPerRequest,8:F4} µs {run.AllocatedBytesPerRequest} B"));
                }
            }
        }

        return runs;
    }

    private static Run Measure(Scenario scenario, MicroCase work, Func<int> once, double seconds, int round)
    {
        var batches = new List<double>();
        int sum = 0;
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        long allocated = 0;
        long end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Batch; i++)
            {
                sum += once();
            }

            double micros = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Batch;
            allocated += GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
            batches.Add(micros);
        }

        GC.KeepAlive(sum);
        batches.Sort();
        double At(double share) => batches[(int)(share * (batches.Count - 1))] / 1_000;
        long calls = (long)batches.Count * Batch;
        return new Run(scenario.Name, work.Name, 1, 0, calls, 0, batches[batches.Count / 2], batches[batches.Count / 2], 0, At(0.5), At(0.9), At(0.99), At(0.999), 0, round)
        {
            AllocatedBytesPerRequest = allocated / calls,
        };
    }
}
