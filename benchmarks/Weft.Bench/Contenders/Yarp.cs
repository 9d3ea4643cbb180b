using Weft.Bench.Measure;

namespace Weft.Bench.Contenders;

/// <summary>What .NET offers for the same job: YARP on Kestrel, one processor.</summary>
internal sealed class Yarp(Speech speech) : Contender
{
    public override string Name => "yarp";

    public override Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "../../Weft.Bench.Yarp/release/Weft.Bench.Yarp");
        int port = Workbench.FreePort();
        return StartedAsync(Name, port, [bench.Start(Workbench.ProxyCore, program, [$"{port}", $"{bench.OriginPort}", speech.ToString()])], ct);
    }
}
