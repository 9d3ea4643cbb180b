using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Weft.Node.Control;
using Weft.Primitives;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>
/// Plays the node for the suite's Deployments: every pod with an echo image gets an address of its own and an
/// <see cref="EchoPod"/> there; those of the mesh tests a proxy too.
/// </summary>
internal sealed class SuitePods(WeftHome home, ControlPlaneClient client, LoopbackAddresses addresses) : IAsyncDisposable
{
    private const string Image = "/echo-";
    private const string MeshImage = "/echo-advanced";
    private readonly ConcurrentDictionary<string, SuiteSidecar> _sidecars = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, EchoPod> _pods = new(StringComparer.Ordinal);

    /// <summary>The pods of a Deployment whose pods' names begin with its own.</summary>
    public IEnumerable<EchoPod> Of(string ns, string deployment) =>
        _pods.Values.Where(p => p.Identity.Namespace == ns && p.Identity.Pod.StartsWith(deployment, StringComparison.Ordinal));

    /// <summary>Where an application of the mesh tests sends its requests; null while it has not started.</summary>
    public IPEndPoint? OutboundOf(string ns, string deployment) => _sidecars.FirstOrDefault(s => s.Key.StartsWith($"{ns}/{deployment}-", StringComparison.Ordinal)).Value?.Outbound;

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await foreach (JsonObject change in client.WatchAsync("/api/v1/pods?watch=true", stop))
            {
                await ApplyAsync((string?)change["type"] ?? "", change["object"] as JsonObject ?? [], stop);
            }
        }
        catch (OperationCanceledException)
        {
            // the end of the run
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SuiteSidecar sidecar in _sidecars.Values)
        {
            await sidecar.DisposeAsync();
        }

        foreach (EchoPod pod in _pods.Values)
        {
            await pod.DisposeAsync();
        }
    }

    private async Task ApplyAsync(string type, JsonObject pod, CancellationToken ct)
    {
        string ns = (string?)pod["metadata"]?["namespace"] ?? "", name = (string?)pod["metadata"]?["name"] ?? "";
        if (type == "DELETED")
        {
            if (_pods.TryRemove($"{ns}/{name}", out EchoPod? gone))
            {
                await gone.DisposeAsync();
            }

            return;
        }

        if (pod["spec"]?["containers"]?[0] is not JsonObject container || !((string?)container["image"] ?? "").Contains(Image, StringComparison.Ordinal) || _pods.ContainsKey($"{ns}/{name}"))
        {
            return;
        }

        IPAddress address = addresses.Next();
        if (((string)container["image"]!).Contains(MeshImage, StringComparison.Ordinal))
        {
            EchoPlan plan = EchoPlan.Advanced(address);
            _pods[$"{ns}/{name}"] = await EchoPod.StartAsync(new EchoIdentity(ns, name), plan);
            _sidecars[$"{ns}/{name}"] = await SuiteSidecar.StartAsync(home, new MeshResources(client), pod, plan, ct);
            return; // its proxy says when it is ready
        }

        string[] environment = [.. (container["env"] as JsonArray ?? []).Select(e => (string?)e?["name"] ?? "")];
        X509Certificate2? certificate = await CertificateAsync(ns, pod["spec"]!["volumes"] as JsonArray ?? [], ct);
        _pods[$"{ns}/{name}"] = await EchoPod.StartAsync(new EchoIdentity(ns, name), EchoPlan.Basic(address, environment, certificate));
        await client.PatchAsync($"{MeshResources.PodPath(ns, name)}/status", "application/merge-patch+json", Running(address.ToString()), ct);
    }

    private async Task<X509Certificate2?> CertificateAsync(string ns, JsonArray volumes, CancellationToken ct)
    {
        if (volumes.Select(v => (string?)v?["secret"]?["secretName"]).FirstOrDefault(n => n is not null) is not { } secret)
        {
            return null;
        }

        JsonNode? data = (await client.GetAsync($"/api/v1/namespaces/{ns}/secrets/{secret}", ct))?["data"];
        string Text(string key) => Encoding.UTF8.GetString(Convert.FromBase64String((string?)data?[key] ?? ""));
        using X509Certificate2 read = X509Certificate2.CreateFromPem(Text("tls.crt"), Text("tls.key"));
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
    }

    private static JsonObject Running(string address) => new()
    {
        ["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["podIP"] = address,
            ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address }),
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }),
        },
    };
}
