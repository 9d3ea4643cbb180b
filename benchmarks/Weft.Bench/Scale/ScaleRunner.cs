using Weft.Bench.Contenders;
using Weft.Bench.Measure;
using Weft.Bench.Scenarios;

namespace Weft.Bench.Scale;

/// <summary>
/// What a proxy takes up that knows, or uses, thousands of services. Weft's is a sidecar of a real mesh, which asks for what it needs when it is called; its
/// peers have all of it written into their configuration. One round: the figure is memory at rest, and load does not change it.
/// </summary>
internal sealed class ScaleRunner(BenchOptions options)
{
    /// <summary>For a proxy to find that it is at rest, and to give back what work has left.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<Run>> RunAsync(Scenario scenario, CancellationToken ct)
    {
        using var bench = new Workbench(scenario);
        await bench.StartOriginsAsync(ct);
        var runs = new List<Run>();
        int services = scenario.Services;
        foreach (ScaleCase one in (ScaleCase[])
        [
            new("weft-empty", 0, 0, null), new("weft-known", services, 0, null), new("weft", services, services, null),
            new("haproxy", services, services, new Haproxy((b, p) => Haproxy.Services(b, p, services))), new("nginx", services, services, new Nginx((b, p) => Nginx.Services(b, p, services))),
        ])
        {
            if (options.Contenders?.Contains(one.Name) ?? true)
            {
                double empty = runs.Find(r => r.Contender == "weft-empty")?.RssMiB ?? 0;
                if (await RunAsync(scenario, one, bench, ct) is { } run)
                {
                    runs.Add(one.Peer is null && one.Known > 0 && empty > 0 ? run with { KiBPerConnection = (run.RssMiB - empty) * 1024 / one.Known } : run);
                    await Console.Error.WriteLineAsync(runs[^1].ToString());
                }
            }
        }

        return runs;
    }

    /// <summary>Null: this machine does not have it.</summary>
    private static async Task<Run?> RunAsync(Scenario scenario, ScaleCase one, Workbench bench, CancellationToken ct)
    {
        await using ServiceMesh? mesh = one.Peer is null ? await ServiceMesh.StartAsync(one.Known, bench.OriginPort, ct) : null;
        using RunningContender? running = mesh is null ? await one.Peer!.StartAsync(bench, ct) : await StartSidecarAsync(mesh, bench, ct);
        if (running is null)
        {
            return null;
        }

        await Task.Delay(Rest, ct); // it has learnt of everybody
        (int failed, CpuTime used) = one.Used == 0 ? default : await UseAsync(running, one.Used, ct);
        var memory = Memory.Of(running.Processes);
        double calls = Math.Max(1, one.Used);
        return new Run(
            scenario.Name, one.Name, scenario.Connections, 0, one.Used, failed, used.TotalMicros / calls, used.UserMicros / calls, used.SystemMicros / calls,
            0, 0, 0, 0, memory.RssMiB, Round: 1)
        {
            AnonMiB = memory.AnonMiB, PssMiB = memory.PssMiB,
        };
    }

    /// <summary>What failed, and what it cost; at rest again on return.</summary>
    private static async Task<(int Failed, CpuTime Used)> UseAsync(RunningContender running, int services, CancellationToken ct)
    {
        CpuTime before = CpuTime.Of(running.Processes);
        int failed = await ServiceCalls.CallEachAsync(running.Port, Enumerable.Range(0, services), ct);
        CpuTime used = CpuTime.Of(running.Processes) - before;
        await Task.Delay(Rest, ct);
        return (failed, used);
    }

    private static Task<RunningContender?> StartSidecarAsync(ServiceMesh mesh, Workbench bench, CancellationToken ct)
    {
        int port = Workbench.FreePort();
        return Contender.StartedAsync("weft", port, [bench.Start(Workbench.ProxyCore, Workbench.Binary("weft-proxy"), ["sidecar", "--bootstrap", mesh.WriteBootstrap(port)])], ct);
    }

    /// <param name="Known">Services of its mesh.</param>
    /// <param name="Used">Those that are called.</param>
    /// <param name="Peer">Null: Weft.</param>
    private sealed record ScaleCase(string Name, int Known, int Used, Contender? Peer);
}
