using System.Globalization;
using System.Text.RegularExpressions;
using Weft.Conformance.Kit;
using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Clients;

/// <summary>Kestrel behind gateways that replace themselves.</summary>
public sealed class RestartWorld : IAsyncLifetime
{
    private readonly List<ChildProcess> _processes = [];
    private readonly List<RestartableGateway> _gateways = [];
    private KestrelOrigin? _origin;

    private string Folder { get; } = Directory.CreateTempSubdirectory("weft-restart-").FullName;

    public async ValueTask InitializeAsync() => _origin = await KestrelOrigin.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _gateways.ForEach(static g => g.Kill());
        _processes.ForEach(static p => p.Dispose());
        if (_origin is not null)
        {
            await _origin.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <param name="hops">With 2 the gateway's upstream is a peer under mutual TLS.</param>
    /// <param name="upstream">0: Kestrel.</param>
    /// <param name="openFiles">0: as many as the system lets it.</param>
    internal async Task<RestartableGateway> StartAsync(int hops, int upstream = 0, int openFiles = 0)
    {
        var plan = new GatewayPlan(ChildProcess.FreePort(), upstream == 0 ? _origin!.Http1Port : upstream); // InitializeAsync has set it
        if (hops == 2)
        {
            ChildProcess[] pair = await WeftProxy.StartPairAsync(Folder, plan with { Certificates = RingCertificates.In(Folder) });
            _processes.AddRange(pair);
            return await KeepAsync(new RestartableGateway(pair[1], plan.Port, WeftProxy.ConfigFile(Folder, "near", plan.Port)));
        }

        ChildProcess gateway = await WeftProxy.StartGatewayAsync(Folder, plan, openFiles);
        _processes.Add(gateway);
        return await KeepAsync(new RestartableGateway(gateway, plan.Port, WeftProxy.ConfigFile(Folder, "near", plan.Port)));
    }

    private async Task<RestartableGateway> KeepAsync(RestartableGateway gateway)
    {
        _gateways.Add(gateway);
        await gateway.SaysAsync(", process "); // a port accepts before its process has said its number
        return gateway;
    }
}

/// <summary>One gateway through all its processes: they share the first one's error output, where each says its number.</summary>
internal sealed partial class RestartableGateway(ChildProcess first, int port, string configFile)
{
    internal int Port => port;

    internal string ConfigFile => configFile;

    /// <summary>The newest process that serves.</summary>
    internal int Pid => int.Parse(Serving().Matches(first.Error.Text)[^1].Groups[1].Value, CultureInfo.InvariantCulture);

    internal string Url(string path) => $"http://localhost:{port}{path}";

    internal void Signal(string name)
    {
        using var kill = System.Diagnostics.Process.Start("kill", [$"-{name}", $"{Pid}"]);
        kill.WaitForExit();
    }

    internal void Kill()
    {
        if (Serving().IsMatch(first.Error.Text))
        {
            Signal("KILL");
        }
    }

    /// <summary>SIGUSR2, until the next process serves.</summary>
    internal async Task ReplaceAsync()
    {
        int before = Serving().Count(first.Error.Text);
        Signal("USR2");
        await UntilAsync("another process serves", () => Task.FromResult(Serving().Count(first.Error.Text) > before));
    }

    internal Task SaysAsync(string text) => UntilAsync($"it says '{text}'", () => Task.FromResult(first.Error.Text.Contains(text, StringComparison.Ordinal)));

    internal Task EndedAsync() => UntilAsync("it has ended", () => Task.FromResult(first.HasExited));

    internal Task ServesAsync() => UntilAsync("it serves", async () => (await CurlAsync()).Output == "200");

    internal Task<CommandResult> CurlAsync() =>
        Command.RunAsync(Repository.Tool("curl", "curl"), ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "15", Url("/hello")]);

    private async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        long end = Environment.TickCount64 + (long)ChildProcess.Patience.TotalMilliseconds;
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await isSo())
        {
            Assert.True(Environment.TickCount64 < end, $"{what}: not within {ChildProcess.Patience.TotalSeconds} s; it said:\n{first.Error.Text}");
            await pause.WaitForNextTickAsync();
        }
    }

    [GeneratedRegex(@"serving .*, process (\d+)")]
    private static partial Regex Serving();
}
