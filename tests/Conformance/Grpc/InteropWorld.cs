using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Weft.Conformance.Kit;
using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Grpc;

/// <summary>Grpc.AspNetCore and python3-grpcio as servers, each behind one proxy and behind two with mutual TLS.</summary>
public sealed class InteropWorld : IAsyncLifetime
{
    internal const string Python = "/usr/bin/python3";

    private readonly string _folder = Directory.CreateTempSubdirectory("weft-grpc-").FullName;
    private readonly List<ChildProcess> _processes = [];
    private readonly Dictionary<int, Task<Dictionary<string, string>>> _pythonRuns = [];
    private KestrelOrigin? _origin;

    internal static string Script => Path.Combine(AppContext.BaseDirectory, "Grpc", "interop.py");

    internal static bool HasPython => Directory.Exists("/usr/lib/python3/dist-packages/grpc") && Directory.Exists("/usr/lib/python3/dist-packages/google/protobuf");

    /// <summary>By server and hops.</summary>
    internal Dictionary<(string Server, int Hops), int> Ports { get; } = [];

    private string Descriptor => Path.Combine(_folder, "interop.bin");

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllBytesAsync(Descriptor, InteropReflection.Descriptor.SerializedData.ToByteArray());
        _origin = await KestrelOrigin.StartAsync(s => s.AddGrpc(), a => a.MapGrpcService<InteropServer>());
        await StartChainsAsync("dotnet", _origin.Http2Port);
        if (HasPython)
        {
            int port = ChildProcess.FreePort();
            _processes.Add(await ChildProcess.Start(Python, [Script, "server", Descriptor, $"{port}"]).AcceptingAsync(port));
            await StartChainsAsync("python", port);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _processes.Reverse();
        _processes.ForEach(p => p.Dispose());
        if (_origin is not null)
        {
            await _origin.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Python's client runs all cases of one chain in one process; each row reads its own line.</summary>
    internal async Task<string> PythonSaysAsync(string server, int hops, string name)
    {
        int port = Ports[(server, hops)];
        if (!_pythonRuns.TryGetValue(port, out Task<Dictionary<string, string>>? run))
        {
            _pythonRuns[port] = run = RunAsync(port);
        }

        return (await run).GetValueOrDefault(name, "did not run");
    }

    private async Task<Dictionary<string, string>> RunAsync(int port)
    {
        CommandResult result = await Command.RunAsync(Python, [Script, "client", Descriptor, $"{port}", .. InteropClient.Cases.Keys]);
        return result.Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(l => l[..l.IndexOf(' ', StringComparison.Ordinal)], l => l[(l.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
    }

    private async Task StartChainsAsync(string server, int upstream)
    {
        RingCertificates certificates = RingCertificates.In(_folder);
        GatewayPlan one = new(ChildProcess.FreePort(), upstream) { Listener = "GRPC", Cluster = "GRPC", Certificates = certificates };
        _processes.Add(await WeftProxy.StartGatewayAsync(_folder, one));
        GatewayPlan two = one with { Port = ChildProcess.FreePort() };
        _processes.AddRange(await WeftProxy.StartPairAsync(_folder, two));
        Ports[(server, 1)] = one.Port;
        Ports[(server, 2)] = two.Port;
    }
}
