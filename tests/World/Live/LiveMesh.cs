using System.Net;
using System.Text.Json.Nodes;
using Weft.Authority.Issue;
using Weft.ControlPlane;
using Weft.ControlPlane.Api;
using Weft.ControlPlane.Distribute;
using Weft.ControlPlane.Observe;
using Weft.ControlPlane.Registry;
using Weft.Dialects.Reading;
using Weft.Proxy.Host;
using Weft.Resources;
using Weft.Transport;
using Weft.World.DataPath;
using Weft.World.DataPath.Edge;
using Weft.World.Discovery;

namespace Weft.World.Live;

/// <summary>
/// The whole control plane and whole proxies of it in one process: resources go in through admission as a user writes them, requests as a client
/// sends them, and everything between the two goes its real way over sockets. The service is api.default:9080, with versions as subsets.
/// </summary>
internal sealed class LiveMesh : IAsyncDisposable
{
    /// <summary>The port that a Gateway's server names; each test's gateway really listens on a free one.</summary>
    internal const int GatewayPort = 80;

    private const string Service = """
        apiVersion: v1
        kind: Service
        metadata: {name: api, namespace: default}
        spec: {selector: {app: api}, ports: [{name: http, port: 9080}]}
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: api, namespace: default}
        spec: {host: api, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
        ---
        apiVersion: telemetry.istio.io/v1
        kind: Telemetry
        metadata: {name: quiet, namespace: default}
        spec: {accessLogging: [{disabled: true}]}
        """;

    /// <summary>The Gateway resource of <see cref="StartGatewayAsync"/>, without a route.</summary>
    internal const string Gateway = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: default}
        spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
        """;

    private static readonly WriteRequest Request = new(new WriteOrigin("test", "test")) { Force = true };

    private readonly List<LiveProxy> _proxies = [];
    private readonly MeshWorld _control;

    private LiveMesh(MeshWorld control) => _control = control;

    internal IResourceStore Store => _control.Store;

    internal EdgeBook Edges => _control.Edges;

    internal static async Task<LiveMesh> StartAsync()
    {
        var mesh = new LiveMesh(await MeshWorld.StartAsync());
        await mesh.ApplyAsync(Service);
        return mesh;
    }

    /// <summary>Creates or changes resources, as kubectl apply does. Throws <see cref="ApiRefusedException"/> where admission refuses.</summary>
    internal async Task ApplyAsync(string yaml)
    {
        ResourceService service = _control.Of<ResourceService>();
        foreach (Resource resource in ResourceReader.ReadText(yaml).Resources)
        {
            ResourceType type = service.Catalog.Find(resource.Key.Group, resource.Kind)!; // a kind of the test's own choice
            await service.PatchAsync(type, type.Version, resource.Key, (PatchKind.Apply, resource.Json.DeepClone(), ""), Request, DiscoveryWorld.Patience);
        }
    }

    /// <summary>Puts resources where a control plane left them whose admission knew less.</summary>
    internal async Task StoreUncheckedAsync(string yaml)
    {
        foreach (Resource resource in ResourceReader.ReadText(yaml).Resources)
        {
            Resource? old = Store.Snapshot().Find(resource.Key);
            JsonNode json = (old ?? resource).Json.DeepClone();
            json["spec"] = resource.Spec!.DeepClone();
            WriteResult result = await Store.PutAsync(new Resource((JsonObject)json), old?.Revision ?? 0, Request.Origin, DiscoveryWorld.Patience);
            Assert.Equal(WriteStatus.Written, result.Status);
        }
    }

    /// <summary>What the proxies of an application refuse of a type; null: nothing.</summary>
    internal string? RefusalOf(string app, string type) => _control.Of<Subscribers>().Open
        .Where(s => s.Scope.Labels.GetValueOrDefault("app") == app).Select(s => s.Types.GetValueOrDefault(type)?.Nacks is [var nack, ..] ? nack.Error : null).FirstOrDefault(e => e is not null);

    internal Task<T> WhenAsync<T>(Func<ResourceSnapshot, T?> look)
        where T : class => _control.WhenAsync(look);

    /// <summary>A version of the service: its proxy before the application. Ready on return.</summary>
    internal Task<LiveProxy> StartApiAsync(string version, int appPort) =>
        StartAsync("api", version, "", (b, _) => b with { ExplicitInbound = new Dictionary<int, int> { [9080] = appPort } });

    /// <summary>A client's sidecar.</summary>
    internal Task<LiveProxy> StartWebAsync() => StartAsync("web", "v1", "", (b, at) => b with { ExplicitOutbound = $"{at}" });

    internal Task<LiveProxy> StartGatewayAsync() => StartAsync("edge", "v1", "istio: ingressgateway", (b, at) => b with
    {
        IsGateway = true, GatewayPorts = new Dictionary<int, int> { [GatewayPort] = at.Port },
    });

    /// <summary>The first 200 at a proxy: what it needs of the mesh for the service has reached it.</summary>
    internal static async Task<RawClient> ConnectServedAsync(LiveProxy proxy)
    {
        RawClient client = await RawClient.ConnectAsync(proxy.Address);
        await UntilAsync(async () =>
        {
            await client.GetAsync("/");
            return (await client.ReadAnswerAsync()).Head.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal);
        });
        return client;
    }

    /// <summary>Asks one request after another until an answer shows what is waited for.</summary>
    internal static async Task UntilAsync(Func<Task<bool>> ask)
    {
        CancellationToken patience = DiscoveryWorld.Patience;
        while (!await ask())
        {
            patience.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _proxies.ForEach(static p => p.Dispose());
        await _control.DisposeAsync();
    }

    private async Task<LiveProxy> StartAsync(string app, string version, string label, Func<Bootstrap, IPEndPoint, Bootstrap> shape)
    {
        string labels = $"app: {app}, version: {version}{(label.Length > 0 ? $", {label}" : "")}";
        await ApplyAsync($$"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: {{app}}-{{version}}, namespace: default }
            spec:
              replicas: 1
              selector: { matchLabels: { app: {{app}}, version: {{version}} } }
              template:
                metadata: { labels: { {{labels}} } }
                spec: { serviceAccountName: {{app}}, containers: [ { name: app, image: app, ports: [ { containerPort: 9080 } ] } ] }
            """);
        Resource pod = await WhenAsync(s => s.OfKind("", "Pod").FirstOrDefault(p => p.Labels.GetValueOrDefault("app") == app && p.Labels.GetValueOrDefault("version") == version));
        var address = new IPEndPoint(IPAddress.Loopback, EdgeKit.FreePort());
        LiveProxy proxy = LiveProxy.Start(
            directory => shape(
                new Bootstrap
                {
                    Workload = $"default/{pod.Name}", Control = $"{_control.Of<MeshHost>().Discovery}", RootSha256 = _control.Authority.RootSha256, StateDir = directory,
                    Token = _control.Authority.Tokens.Mint(new TokenBinding("default", app, pod.Name, pod.Uid), TimeSpan.FromMinutes(1)).Text,
                    Watchdog = new WatchdogLimits { GiveUp = TimeSpan.Zero }, // it would end the tests' process
                },
                address),
            address);
        _proxies.Add(proxy);
        await WhenAsync(s => s.Find(pod.Key) is { } now && PodStatus.IsTrue(now, "Ready") ? now : null);
        return proxy;
    }
}
