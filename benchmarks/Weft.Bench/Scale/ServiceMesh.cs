using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Weft.Authority;
using Weft.Authority.Issue;
using Weft.ControlPlane;
using Weft.ControlPlane.Api;
using Weft.Resources;
using Weft.Stores.Memory;

namespace Weft.Bench.Scale;

/// <summary>
/// The control plane of a mesh of many services, in this process: store, compiler, authority and discovery, over real sockets. Every service has one
/// endpoint, the origin, and a name of its own. One pod is registered, whose proxy is the one that is measured.
/// </summary>
public sealed class ServiceMesh : IAsyncDisposable
{
    private const string Pod = "client";

    /// <summary>Services are spread over so many.</summary>
    private const int Namespaces = 50;

    private static readonly WriteOrigin Origin = new("bench", "bench");
    private readonly IHost _host;
    private readonly string _directory;
    private Resource? _pod;

    private ServiceMesh(IHost host, string directory) => (_host, _directory) = (host, directory);

    /// <param name="originPort">Of loopback: where every service's only endpoint listens.</param>
    public static async Task<ServiceMesh> StartAsync(int services, int originPort, CancellationToken ct)
    {
        string directory = Directory.CreateTempSubdirectory("weft-services-").FullName;
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(MemoryStore.Create());
        builder.Services.AddResourceApi();
        builder.Services.AddMesh(new MeshOptions
        {
            Authority = new AuthorityOptions { Directory = Path.Combine(directory, "authority") }, Discovery = new IPEndPoint(IPAddress.Loopback, 0),
        });
        var mesh = new ServiceMesh(builder.Build(), directory);
        await mesh.FillAsync(services, originPort, ct);
        await mesh._host.StartAsync(ct);
        return mesh;
    }

    /// <summary>What a client calls it.</summary>
    public static string HostOf(int service) => $"{Name(service)}.{Namespace(service)}.svc.cluster.local";

    /// <summary>The document with which weft-proxy joins as the pod's sidecar. For one start.</summary>
    /// <param name="outboundPort">The application would speak to it as to an HTTP proxy.</param>
    /// <param name="metricsPort">0: a free one.</param>
    public string WriteBootstrap(int outboundPort, int metricsPort = 0)
    {
        string file = Path.Combine(_directory, "bootstrap.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["workload"] = $"default/{Pod}",
            ["control"] = $"{_host.Services.GetRequiredService<MeshHost>().Discovery}",
            ["rootSha256"] = _host.Services.GetRequiredService<MeshAuthority>().RootSha256,
            ["token"] = _host.Services.GetRequiredService<ITokenMint>().Mint(new TokenBinding("default", Pod, Pod, _pod!.Uid), TimeSpan.FromMinutes(5)).Text, // filled before it is handed out
            ["stateDir"] = Directory.CreateDirectory(Path.Combine(_directory, "state")).FullName,
            ["metrics"] = new { port = metricsPort },
            ["explicit"] = new { outbound = $"127.0.0.1:{outboundPort}" },
        }));
        return file;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static string Name(int service) => $"s{service}";

    private static string Namespace(int service) => $"team-{service % Namespaces}";

    // As an API server would have them after admission: what is measured is not how they came in.
    private async Task FillAsync(int services, int originPort, CancellationToken ct)
    {
        for (int i = 0; i < services; i++)
        {
            await PutAsync($$"""
                { "apiVersion": "v1", "kind": "Service", "metadata": { "name": "{{Name(i)}}", "namespace": "{{Namespace(i)}}" },
                  "spec": { "clusterIP": "240.240.{{i / 250}}.{{(i % 250) + 1}}", "ports": [ { "name": "http", "port": 80, "protocol": "TCP", "targetPort": {{originPort}} } ] } }
                """, ct);
            await PutAsync($$"""
                { "apiVersion": "v1", "kind": "Endpoints", "metadata": { "name": "{{Name(i)}}", "namespace": "{{Namespace(i)}}" },
                  "subsets": [ { "addresses": [ { "ip": "127.0.0.1" } ], "ports": [ { "name": "http", "port": {{originPort}}, "protocol": "TCP" } ] } ] }
                """, ct);
        }

        _pod = await PutAsync($$"""
            { "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "{{Pod}}", "namespace": "default", "labels": { "app": "{{Pod}}" } },
              "spec": { "serviceAccountName": "{{Pod}}", "containers": [ { "name": "app", "image": "app" } ] }, "status": { "podIP": "240.241.0.1" } }
            """, ct);
    }

    private async Task<Resource> PutAsync(string json, CancellationToken ct)
    {
        WriteResult result = await _host.Services.GetRequiredService<IResourceStore>().PutAsync(new Resource((JsonObject)JsonNode.Parse(json)!), 0, Origin, ct);
        return result is { Status: WriteStatus.Written, Resource: { } written } ? written : throw new InvalidOperationException($"The store answers {result.Status} to {json}");
    }
}
