using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Weft.Authority;
using Weft.Authority.Issue;
using Weft.ControlPlane;
using Weft.ControlPlane.Api;
using Weft.ControlPlane.Keys;
using Weft.ControlPlane.Observe;
using Weft.Protocol.Identity.V1;
using Weft.Resources;
using Weft.Stores.Memory;

namespace Weft.World.Discovery;

/// <summary>The whole control plane but its HTTP API: store, admission, compiler, controllers, discovery. Clients are real.</summary>
internal sealed class MeshWorld : IAsyncDisposable
{
    private static readonly WriteRequest Request = new(new WriteOrigin("test", "test"));

    private readonly string _directory = Directory.CreateTempSubdirectory("weft-mesh-").FullName;
    private readonly IHost _host;
    private readonly List<IDisposable> _open = [];

    private MeshWorld(JwksOptions keys)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(MemoryStore.Create());
        builder.Services.AddResourceApi();
        builder.Services.AddMesh(new MeshOptions
        {
            Authority = new AuthorityOptions { Directory = _directory },
            Discovery = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0),
            Keys = keys,
        });
        _host = builder.Build();
    }

    public IResourceStore Store => Of<IResourceStore>();

    public MeshAuthority Authority => Of<MeshAuthority>();

    public EdgeBook Edges => Of<EdgeBook>();

    public static async Task<MeshWorld> StartAsync(JwksOptions? keys = null)
    {
        var world = new MeshWorld(keys ?? new JwksOptions());
        await world._host.StartAsync(DiscoveryWorld.Patience);
        return world;
    }

    public T Of<T>()
        where T : notnull =>
        _host.Services.GetRequiredService<T>();

    /// <summary>Creates a resource through admission.</summary>
    public async Task<Resource> ApplyAsync(string json)
    {
        var body = (JsonObject)JsonNode.Parse(json)!;
        string apiVersion = (string)body["apiVersion"]!;
        ResourceService service = Of<ResourceService>();
        ResourceType type = service.Catalog.Find(apiVersion.Contains('/') ? apiVersion.Split('/')[0] : "", (string)body["kind"]!)!;
        return (await service.CreateAsync(type, type.Version, body, Request, DiscoveryWorld.Patience)).Resource;
    }

    /// <summary>Waits for the store to say something, looking again after each change.</summary>
    public async Task<T> WhenAsync<T>(Func<ResourceSnapshot, T?> look)
        where T : class
    {
        long from = Store.Revision;
        if (look(Store.Snapshot()) is { } now)
        {
            return now;
        }

        await foreach (ResourceEvent _ in Store.WatchAsync(from, DiscoveryWorld.Patience))
        {
            if (look(Store.Snapshot()) is { } later)
            {
                return later;
            }
        }

        throw new InvalidOperationException("The watch ended.");
    }

    public async Task<X509Certificate2> JoinAsync(Resource pod)
    {
        string account = (string)pod.Spec!["serviceAccountName"]!;
        string token = Authority.Tokens.Mint(new TokenBinding(pod.Namespace, account, pod.Name, pod.Uid), TimeSpan.FromMinutes(1)).Text;
        using ECDsa key = DiscoveryWorld.NewKey();
        var client = new Weft.Protocol.Identity.V1.Authority.AuthorityClient(Channel(null));
        return DiscoveryWorld.WithKey(await client.IssueAsync(new IssueRequest { CsrDer = DiscoveryWorld.Csr(key), Token = token }, cancellationToken: DiscoveryWorld.Patience), key);
    }

    public DeltaClient Delta(X509Certificate2 certificate)
    {
        var client = new DeltaClient(new Protocol.Discovery.V1.Discovery.DiscoveryClient(Channel(certificate)));
        _open.Add(client);
        return client;
    }

    public Weft.Protocol.Telemetry.V1.Telemetry.TelemetryClient Telemetry(X509Certificate2 certificate) => new(Channel(certificate));

    public async ValueTask DisposeAsync()
    {
        _open.ForEach(o => o.Dispose());
        await _host.StopAsync(DiscoveryWorld.Patience);
        if (_host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private Grpc.Net.Client.GrpcChannel Channel(X509Certificate2? certificate)
    {
        Grpc.Net.Client.GrpcChannel channel = DiscoveryWorld.Channel(Of<MeshHost>().Discovery, Authority, certificate);
        _open.Add(channel);
        return channel;
    }
}
