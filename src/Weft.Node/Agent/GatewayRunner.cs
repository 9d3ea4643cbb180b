using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Weft.Node.Control;
using Weft.Node.Pods;
using Weft.Primitives;

namespace Weft.Node.Agent;

/// <summary>Which gateway, and where on this machine.</summary>
/// <param name="Ports">Gateway port to host port; a port that is not named is opened under its own number.</param>
public sealed record GatewayOptions(WeftHome Home, string Node, string Bind, IReadOnlyDictionary<int, int> Ports)
{
    /// <summary>"namespace/name" of the one Gateway of the Gateway API that it serves; empty serves all that have no gateway of their own.</summary>
    public string Gateway { get; init; } = "";

    /// <summary>Without a <see cref="Gateway"/>: those too that have a gateway of their own. The machine's one front door.</summary>
    public bool ServesAll { get; init; }
}

/// <summary>Runs the ingress gateway: the same proxy without an application, with a Pod that Istio's and Gateway API's selectors find.</summary>
public sealed class GatewayRunner(GatewayOptions options, MeshResources resources, Func<MeshEndpoint> mesh, Action<PodEvent> happened)
{
    // Not the control plane's own: nobody else gets an identity there.
    public const string Namespace = "weft-ingress";
    public const string ServiceAccount = "weft-gateway";
    public const string Name = "weft-gateway";

    private const string GatewayNameLabel = "gateway.networking.k8s.io/gateway-name";
    private const int PodNameMax = 40; // its directory is part of a unix socket's path (107 bytes)

    private readonly string _namespace = options.Gateway.Length > 0 ? options.Gateway[..options.Gateway.IndexOf('/')] : Namespace;
    private readonly string _pod = options.Gateway.Length > 0 ? PodNameOf(options.Gateway[(options.Gateway.IndexOf('/') + 1)..]) : Name;

    /// <summary>Makes the Pod anew, so that nothing of an earlier life is left in it; then runs until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var files = new PodFiles(options.Home, _namespace, _pod);
        try
        {
            string uid = await RegisterAsync(stop);
            var proxy = new ProxyProcess(new ProxyStart("gateway", async ct =>
            {
                string token = await resources.TokenAsync(_namespace, ServiceAccount, _pod, uid, ct);
                return Bootstrap.Gateway($"{_namespace}/{_pod}", mesh(), token, files.State, options.Bind, options.Ports);
            })
            {
                Output = Path.Combine(options.Home.Logs, $"{_namespace}.{_pod}.log"),
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
            ["metadata"] = new JsonObject { ["name"] = _namespace },
        }, ct);
        await resources.EnsureServiceAccountAsync(_namespace, ServiceAccount, ct);
        await resources.DeleteAsync(MeshResources.PodPath(_namespace, _pod), ct);
        JsonNode? pod = await resources.Client.PostAsync($"/api/v1/namespaces/{_namespace}/pods", Pod(await InfrastructureAsync(ct)), ct);
        if (options.Gateway.Length > 0)
        {
            // Its clients come to the address it binds, which the Gateway's status tells them.
            await resources.Client.PatchAsync($"{MeshResources.PodPath(_namespace, _pod)}/status", "application/merge-patch+json", new JsonObject
            {
                ["status"] = new JsonObject { ["podIP"] = options.Bind, ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = options.Bind }) },
            }, ct);
        }

        return PodReader.Text(pod, "metadata", "uid");
    }

    /// <summary>Where the Pod of one Gateway's gateway is.</summary>
    /// <param name="gateway">"namespace/name".</param>
    public static string PodPathOf(string gateway)
    {
        int slash = gateway.IndexOf('/');
        return MeshResources.PodPath(gateway[..slash], PodNameOf(gateway[(slash + 1)..]));
    }

    private static string PodNameOf(string gateway)
    {
        const string Suffix = "-weft";
        return gateway.Length + Suffix.Length <= PodNameMax
            ? gateway + Suffix
            : $"{gateway[..(PodNameMax - Suffix.Length - 9)].TrimEnd('-', '.')}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(gateway)))[..8]}{Suffix}";
    }

    /// <summary>What spec.infrastructure asks to be on everything that is made for the Gateway.</summary>
    private async Task<JsonNode?> InfrastructureAsync(CancellationToken ct) => options.Gateway.Length == 0 ? null
        : (await resources.FindAsync($"/apis/gateway.networking.k8s.io/v1/namespaces/{_namespace}/gateways/{options.Gateway[(_namespace.Length + 1)..]}", ct))?["spec"]?["infrastructure"];

    private JsonObject Pod(JsonNode? infrastructure) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject
        {
            ["name"] = _pod,
            ["namespace"] = _namespace,
            ["annotations"] = infrastructure?["annotations"]?.DeepClone() ?? new JsonObject(),
            ["labels"] = options.Gateway.Length > 0
                ? new JsonObject([.. Copy(infrastructure?["labels"]), KeyValuePair.Create<string, JsonNode?>("weft.dev/gateway", "ingress"),
                    KeyValuePair.Create<string, JsonNode?>(GatewayNameLabel, options.Gateway[(_namespace.Length + 1)..])])
                : new JsonObject { ["weft.dev/gateway"] = options.ServesAll ? "all" : "ingress", ["istio"] = "ingressgateway", ["app"] = "istio-ingressgateway" },
        },
        ["spec"] = new JsonObject
        {
            ["serviceAccountName"] = ServiceAccount,
            ["nodeName"] = options.Node,
            ["containers"] = new JsonArray(new JsonObject { ["name"] = "weft-proxy", ["image"] = "weft.dev/gateway" }),
        },
    };

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Copy(JsonNode? map) =>
        (map as JsonObject ?? []).Where(p => p.Key is not ("weft.dev/gateway" or GatewayNameLabel)).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()));
}
