using System.Text.Json.Nodes;
using Weft.Node.Control;
using Weft.Node.Pods;
using Weft.Primitives;

namespace Weft.Node.Agent;

/// <summary>Which gateway, and where on this machine.</summary>
/// <param name="Ports">Gateway port to host port; a port that is not named is opened under its own number.</param>
public sealed record GatewayOptions(WeftHome Home, string Node, string Bind, IReadOnlyDictionary<int, int> Ports);

/// <summary>Runs the ingress gateway: the same proxy without an application, with a Pod that Istio's and Gateway API's selectors find.</summary>
public sealed class GatewayRunner(GatewayOptions options, MeshResources resources, Func<MeshEndpoint> mesh, Action<PodEvent> happened)
{
    // Not the control plane's own: nobody else gets an identity there.
    public const string Namespace = "weft-ingress";
    public const string ServiceAccount = "weft-gateway";
    public const string Name = "weft-gateway";

    /// <summary>Makes the Pod anew, so that nothing of an earlier life is left in it; then runs until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var files = new PodFiles(options.Home, Namespace, Name);
        try
        {
            string uid = await RegisterAsync(stop);
            var proxy = new ProxyProcess(new ProxyStart("gateway", async ct =>
            {
                string token = await resources.TokenAsync(Namespace, ServiceAccount, Name, uid, ct);
                return Bootstrap.Gateway($"{Namespace}/{Name}", mesh(), token, files.State, options.Bind, options.Ports);
            })
            {
                Output = Path.Combine(options.Home.Logs, $"{Namespace}.{Name}.log"),
            }, happened);
            using var end = new CancellationTokenSource();
            Task running = proxy.RunAsync(end.Token);
            var stopped = new TaskCompletionSource();
            await using (stop.Register(() => stopped.TrySetResult())) { await stopped.Task; }
            await proxy.DrainAsync();
            await end.CancelAsync();
            await running;
        }
        finally
        {
            files.Delete();
        }
    }

    private async Task<string> RegisterAsync(CancellationToken ct)
    {
        await resources.EnsureAsync("/api/v1/namespaces", new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Namespace",
            ["metadata"] = new JsonObject { ["name"] = Namespace },
        }, ct);
        await resources.EnsureServiceAccountAsync(Namespace, ServiceAccount, ct);
        await resources.DeleteAsync(MeshResources.PodPath(Namespace, Name), ct);
        JsonNode? pod = await resources.Client.PostAsync($"/api/v1/namespaces/{Namespace}/pods", Pod(), ct);
        return PodReader.Text(pod, "metadata", "uid");
    }

    private JsonObject Pod() => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject
        {
            ["name"] = Name,
            ["namespace"] = Namespace,
            ["labels"] = new JsonObject
            {
                ["weft.dev/gateway"] = "ingress",
                ["istio"] = "ingressgateway",
                ["app"] = "istio-ingressgateway",
            },
        },
        ["spec"] = new JsonObject
        {
            ["serviceAccountName"] = ServiceAccount,
            ["nodeName"] = options.Node,
            ["containers"] = new JsonArray(new JsonObject { ["name"] = "weft-proxy", ["image"] = "weft.dev/gateway" }),
        },
    };
}
