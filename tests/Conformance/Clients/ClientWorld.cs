using System.Net;
using System.Net.Sockets;
using Weft.Conformance.Kit;
using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Clients;

/// <summary>Kestrel behind one shipped proxy, and behind two with mutual TLS between them; each way has a plain port and one with TLS.</summary>
public sealed class ClientWorld : IAsyncLifetime
{
    private readonly List<ChildProcess> _processes = [];
    private KestrelOrigin? _origin;

    internal string Folder { get; } = Directory.CreateTempSubdirectory("weft-clients-").FullName;

    internal RingCertificates Certificates { get; private set; } = null!; // InitializeAsync sets it, with the ports

    /// <summary>By number of hops.</summary>
    internal Dictionary<int, (int Plain, int Tls)> Ports { get; } = [];

    /// <summary>The one-hop proxy.</summary>
    internal ChildProcess Near { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _origin = await KestrelOrigin.StartAsync();
        Certificates = RingCertificates.In(Folder);
        Near = await WeftProxy.StartGatewayAsync(Folder, PlanFor(1, _origin.Http1Port));
        _processes.Add(Near);
        _processes.AddRange(await WeftProxy.StartPairAsync(Folder, PlanFor(2, _origin.Http1Port)));
    }

    public async ValueTask DisposeAsync()
    {
        _processes.Reverse();
        _processes.ForEach(p => p.Dispose());
        if (_origin is not null)
        {
            await _origin.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    internal string Url(string scheme, int hops, string path) => $"{scheme}://localhost:{(scheme is "https" or "wss" ? Ports[hops].Tls : Ports[hops].Plain)}{path}";

    /// <summary>A gateway of its own over an upstream of the test's.</summary>
    internal async Task<int> StartBeforeAsync(int upstream, int hops)
    {
        GatewayPlan plan = new(ChildProcess.FreePort(), upstream) { Certificates = Certificates };
        _processes.AddRange(hops == 1 ? [await WeftProxy.StartGatewayAsync(Folder, plan)] : await WeftProxy.StartPairAsync(Folder, plan));
        return plan.Port;
    }

    /// <summary>Runs a client that ends by itself.</summary>
    internal static Task<CommandResult> RunAsync(string tool, string package, params string[] arguments) => Command.RunAsync(Repository.Tool(tool, package), arguments);

    private GatewayPlan PlanFor(int hops, int upstream)
    {
        Ports[hops] = (ChildProcess.FreePort(), ChildProcess.FreePort());
        return new GatewayPlan(Ports[hops].Plain, upstream) { TlsPort = Ports[hops].Tls, Certificates = Certificates };
    }
}
