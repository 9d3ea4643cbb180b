using Weft.Bench.Measure;

namespace Weft.Bench.Contenders;

/// <summary>The shipped binary with its telemetry on, configured from a file instead of a control plane.</summary>
internal sealed class WeftOneHop : Contender
{
    public override string Name => "weft";

    public override Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct) => WeftConfig.StartOneAsync(bench, "HTTP1", ct);
}

internal sealed class WeftTcp : Contender
{
    public override string Name => "weft";

    public override Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct) => WeftConfig.StartOneAsync(bench, "TCP", ct);
}

internal sealed class WeftTwoHop : Contender
{
    public override string Name => "weft";

    public override Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct) => Task.FromResult<RunningContender?>(null);
}

internal static class WeftConfig
{
    public static Task<RunningContender?> StartOneAsync(Workbench bench, string protocol, CancellationToken ct) => Task.FromResult<RunningContender?>(null);
}
