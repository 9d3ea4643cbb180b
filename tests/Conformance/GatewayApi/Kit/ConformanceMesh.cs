using System.Text.Json.Nodes;
using Weft.Node.Control;
using Weft.Primitives;
using Weft.Resources;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>
/// A control plane process with the suite's base manifests, its backends and its gateways, for all tests of a class. At its
/// end the processes are gone and the report is written.
/// </summary>
public sealed class ConformanceMesh : IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly HashSet<ResourceKey> _base = [];
    private readonly LoopbackAddresses _addresses = new();
    private ControlPlaneClient? _client;

    internal WeftHome Home { get; } = new(Directory.CreateTempSubdirectory("wgw-").FullName);

    internal ControlPlaneClient Client => _client ?? throw new InvalidOperationException("The mesh has not started.");

    internal MeshResources Resources => new(Client);

    internal SuitePods Pods { get; private set; } = null!; // set by InitializeAsync, as the next one

    internal SuiteGateways Gateways { get; private set; } = null!;

    internal ConformanceReport Report { get; } = new();

    /// <summary>Why nothing can run here; empty when it can.</summary>
    internal static string Obstacle =>
        !SuiteData.IsThere ? SuiteData.Missing
        : !File.Exists(Binary("weft-control")) || !File.Exists(Binary("weft-proxy")) ? "artifacts/bin has no weft-control and weft-proxy: run eng/build"
        : !Environment.IsPrivilegedProcess ? "the suite's listeners are on ports below 1024: run as root"
        : "";

    public async ValueTask InitializeAsync()
    {
        if (Obstacle.Length > 0)
        {
            return; // each test skips with the reason
        }

        Home.Create();
        Environment.SetEnvironmentVariable("WEFT_CONTROL_BINARY", Binary("weft-control"));
        Environment.SetEnvironmentVariable("WEFT_PROXY_BINARY", Binary("weft-proxy"));
        var control = new ControlProcess(new ControlOptions(Home, "127.0.0.1:0", "127.0.0.1:0"), static _ => { });
        _loops.Add(control.RunAsync(_stop.Token));
        await control.Ready.WaitAsync(StartLimit);
        _client = new ControlPlaneClient(ControlPlaneAddress.Local(Home));
        Pods = new SuitePods(Home, _client, _addresses);
        Gateways = new SuiteGateways(Home, _client, _addresses);
        await ApplyAsync([new Resource(new JsonObject
        {
            ["apiVersion"] = "gateway.networking.k8s.io/v1",
            ["kind"] = "GatewayClass",
            ["metadata"] = new JsonObject { ["name"] = SuiteData.ClassName },
            ["spec"] = new JsonObject { ["controllerName"] = SuiteData.ControllerName },
        })]);
        Resource[] manifests = [.. SuiteData.Read("base/manifests.yaml"), .. SuiteData.Read("mesh/manifests.yaml")];
        Resource[] resources = [.. manifests.Where(r => r.Kind == "Namespace"), .. SuiteCertificates.Make(), .. manifests.Where(r => r.Kind != "Namespace")];
        _base.UnionWith(resources.Select(r => r.Key));
        await ApplyAsync(resources);
        _loops.Add(Pods.RunAsync(_stop.Token));
        _loops.Add(Gateways.RunAsync(_stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        Report.Write();
        if (_client is not null)
        {
            await Gateways.DisposeAsync();
            await _stop.CancelAsync();
            await Task.WhenAll(_loops);
            await Pods.DisposeAsync();
            _client.Dispose();
        }

        Directory.Delete(Home.Path, recursive: true);
    }

    internal async Task ApplyAsync(IEnumerable<Resource> resources)
    {
        foreach (Resource resource in resources)
        {
            await Resources.PutAsync(resource, _stop.Token);
        }
    }

    /// <summary>Takes away what a test applied, unless it is of the base.</summary>
    internal async Task DeleteAsync(IEnumerable<Resource> resources)
    {
        foreach (Resource resource in resources.Reverse().Where(r => !_base.Contains(r.Key)))
        {
            if (ResourceCatalog.BuiltIn.FindApiVersion(resource.ApiVersion, resource.Kind) is { } type)
            {
                await Resources.DeleteAsync(MeshResources.PathOf(type, resource.Namespace, resource.Name), _stop.Token);
            }
        }
    }

    private static string Binary(string name) => Path.Combine(SuiteData.Repository, "artifacts/bin", name);
}
