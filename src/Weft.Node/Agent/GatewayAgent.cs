using System.Text.Json.Nodes;
using Weft.Node.Control;
using Weft.Node.Processes;
using Weft.Primitives;

namespace Weft.Node.Agent;

/// <summary>
/// Gives every Gateway of the Gateway API that the mesh accepts a gateway process of its own, at an address of its own, while the Gateway exists. One
/// loop owns the table; <see cref="RunAsync"/> is it.
/// </summary>
/// <param name="run">Runs one gateway until it is told to stop; by then its process is gone.</param>
/// <param name="notice">A Gateway, and what a person should read of it.</param>
public sealed class GatewayAgent(GatewayAgentOptions options, MeshResources resources, Func<GatewayOptions, CancellationToken, Task> run, Action<string, string> notice)
{
    private const string GatewaysPath = "/apis/gateway.networking.k8s.io/v1/gateways";

    private readonly Dictionary<string, RunningGateway> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> _ending = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await WatchLoop.RunAsync(ListAndWatchAsync, stop);
        }
        finally
        {
            foreach (string name in _running.Keys.ToArray()) { Stop(name); }
            await Task.WhenAll(_ending.Values);
        }
    }

    private async Task ListAndWatchAsync(CancellationToken stop)
    {
        JsonNode? list = await resources.Client.GetAsync(GatewaysPath, stop);
        JsonObject[] there = [.. (list?["items"] as JsonArray ?? []).OfType<JsonObject>()];
        foreach (string gone in _running.Keys.Except(there.Select(PodReader.Key)).ToArray()) { Stop(gone); }
        foreach (JsonObject gateway in there) { Settle(gateway); }
        string revision = PodReader.Text(list, "metadata", "resourceVersion");
        await foreach (JsonObject change in resources.Client.WatchAsync($"{GatewaysPath}?watch=true&resourceVersion={revision}", stop))
        {
            switch (PodReader.Text(change, "type"))
            {
                case "ADDED" or "MODIFIED" when change["object"] is JsonObject gateway:
                    Settle(gateway);
                    break;
                case "DELETED" when change["object"] is JsonObject gateway:
                    Stop(PodReader.Key(gateway));
                    break;
                case "ERROR":
                    return; // the revision is gone: list again
            }
        }
    }

    /// <summary>Makes what runs here agree with one Gateway.</summary>
    /// <remarks>
    /// A running one is left alone when the Gateway becomes unacceptable: that may be half of somebody's edit, and its proxy serves from what was good.
    /// Made anew, of another class, or asking for other addresses it is another one.
    /// </remarks>
    private void Settle(JsonObject gateway)
    {
        string name = PodReader.Key(gateway);
        string uid = PodReader.Text(gateway, "metadata", "uid");
        string className = PodReader.Text(gateway, "spec", "gatewayClassName");
        string asked = gateway["spec"]?["addresses"]?.ToJsonString() ?? "";
        if (_running.TryGetValue(name, out RunningGateway? running))
        {
            if ((running.Uid, running.Class, running.Asked) == (uid, className, asked)) { return; }
            Stop(name);
        }

        if (!IsAccepted(gateway)) { return; }
        if (options.Places.AddressFor(name, gateway["spec"], [.. _running.Values.Select(static r => r.Address)]) is not { } address)
        {
            notice(name, "There is no address left for its gateway; name one of the loopback in its spec.addresses.");
            return;
        }

        var stop = new CancellationTokenSource();
        var started = new GatewayOptions(options.Home, options.Node, address, options.Places.Ports) { Gateway = name };
        _running[name] = new RunningGateway(uid, className, asked, address, stop, RunOneAsync(started, _ending.GetValueOrDefault(name), stop.Token));
        notice(name, $"Gateway {name} has a gateway of its own on {address}{(options.Places.Ports.Count > 0 ? $", its ports below 1024 opened {GatewayPlaces.PortsAbove} higher" : "")}.");
    }

    /// <summary>Until told to stop, and then without the Pod. One that is made again under the same name has the same files: the old one ends first.</summary>
    private async Task RunOneAsync(GatewayOptions started, Task? before, CancellationToken stop)
    {
        if (before is not null) { await before; }
        var backoff = new Backoff();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await run(started, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Stopped before it began.
            }
            catch (Exception e) when (e is ControlPlaneUnreachableException or ControlPlaneRefusedException or IOException)
            {
                TimeSpan pause = backoff.Next(TimeSpan.Zero);
                notice(started.Gateway, $"Its gateway does not start: {e.Message} It is tried again in {pause.TotalSeconds:0.0} s.");
                await Task.Delay(pause, stop).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }

        try { await resources.DeleteAsync(GatewayRunner.PodPathOf(started.Gateway), CancellationToken.None); }
        catch (Exception e) when (e is ControlPlaneUnreachableException or ControlPlaneRefusedException) { /* forgotten with the node's other pods when it starts again */ }
    }

    private void Stop(string name)
    {
        if (_running.Remove(name, out RunningGateway? running)) { _ending[name] = EndAsync(running); }
    }

    private static async Task EndAsync(RunningGateway running)
    {
        await running.Stop.CancelAsync();
        await running.Task;
        running.Stop.Dispose();
    }

    // A Gateway of another controller's class hears nothing from this mesh: nothing at all, or nothing of what it has become.
    private static bool IsAccepted(JsonObject gateway) => (gateway["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>()
        .Any(c => PodReader.Text(c, "type") == "Accepted" && PodReader.Text(c, "status") == "True"
            && (long?)c["observedGeneration"] == (long?)gateway["metadata"]?["generation"]);

    private sealed record RunningGateway(string Uid, string Class, string Asked, string Address, CancellationTokenSource Stop, Task Task);
}

/// <summary>Whose gateways, and where.</summary>
public sealed record GatewayAgentOptions(WeftHome Home, string Node, GatewayPlaces Places);
