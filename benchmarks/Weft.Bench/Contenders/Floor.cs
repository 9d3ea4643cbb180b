using Weft.Bench.Measure;

namespace Weft.Bench.Contenders;

/// <summary>No proxy: what client and origin do between themselves. Its CPU is 0 by definition; its latency is the base.</summary>
internal sealed class Direct : Contender
{
    public override string Name => "direct";

    public override Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct) =>
        StartedAsync(Name, bench.OriginPort, [], ct);
}

/// <summary>The C program of benchmarks/native/forwarder.c: bytes in, bytes out.</summary>
internal sealed class Forwarder : Contender
{
    public override string Name => "floor";

    public override Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        int port = Workbench.FreePort();
        return StartedAsync(Name, port, [bench.Start(Workbench.ProxyCore, Workbench.Native("forwarder"), [$"{port}", $"{bench.OriginPort}"])], ct);
    }
}
