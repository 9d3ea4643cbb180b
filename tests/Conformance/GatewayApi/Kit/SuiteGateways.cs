using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Weft.Node.Agent;
using Weft.Node.Control;
using Weft.Node.Pods;
using Weft.Primitives;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>Gives every Gateway of the suite's class a gateway process of its own, on an address of its own, while the Gateway exists.</summary>
internal sealed class SuiteGateways(WeftHome home, ControlPlaneClient client, LoopbackAddresses addresses) : IAsyncDisposable
{
    private readonly Dictionary<string, (CancellationTokenSource Stop, Task Run)> _running = new(StringComparer.Ordinal);

    /// <summary>What the proxies had to say, for a failure's message.</summary>
    public ConcurrentQueue<string> Notices { get; } = new();

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await foreach (JsonObject change in client.WatchAsync("/apis/gateway.networking.k8s.io/v1/gateways?watch=true", stop))
            {
                Apply((string?)change["type"] ?? "", change["object"] as JsonObject ?? []);
            }
        }
        catch (OperationCanceledException)
        {
            // the end of the run
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((CancellationTokenSource stop, Task run) in _running.Values)
        {
            await stop.CancelAsync();
            await run.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private void Apply(string type, JsonObject gateway)
    {
        string name = $"{(string?)gateway["metadata"]?["namespace"]}/{(string?)gateway["metadata"]?["name"]}";
        if (type == "DELETED")
        {
            if (_running.Remove(name, out (CancellationTokenSource Stop, Task Run) gone))
            {
                gone.Stop.Cancel();
            }
        }
        else if (!_running.ContainsKey(name) && (string?)gateway["spec"]?["gatewayClassName"] == SuiteData.ClassName)
        {
            var stop = new CancellationTokenSource();
            bool wished = (gateway["spec"]!["addresses"] as JsonArray ?? []).Any(a => (string?)a?["value"] == SuiteData.UsableAddress);
            var options = new GatewayOptions(home, Environment.MachineName, wished ? SuiteData.UsableAddress : addresses.Next().ToString(), new Dictionary<int, int>()) { Gateway = name };
            var runner = new GatewayRunner(options, new MeshResources(client), () => MeshEndpoint.Local(home), e => Notices.Enqueue($"{name}: {e}"));
            _running[name] = (stop, RunAsync(runner, name, stop.Token));
        }
    }

    private async Task RunAsync(GatewayRunner runner, string name, CancellationToken stop)
    {
        try
        {
            await runner.RunAsync(stop);
            await new MeshResources(client).DeleteAsync(GatewayRunner.PodPathOf(name), CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            // deleted before it began
        }
        catch (Exception e) when (e is ControlPlaneRefusedException or ControlPlaneUnreachableException or IOException)
        {
            Notices.Enqueue($"{name}: {e.Message}");
        }
    }
}
