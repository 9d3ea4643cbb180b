using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Node.Agent;
using Weft.Node.Applications;
using Weft.Node.Control;
using Weft.Node.Pods;
using Weft.Primitives;
using Weft.Resources;

namespace Weft.Cli.Up;

/// <summary>
/// The running mesh of one `weft up`: control plane, gateway, node agent. Everything is a child of this process and ends
/// with it, in order on Ctrl-C, by end-of-file on its sockets when it is killed.
/// </summary>
internal sealed class MeshUp(UpOptions options, CommandContext context, UpReport report)
{
    /// <summary>What is not ready by then is named, and goes on starting.</summary>
    private static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(45);

    private readonly PodBoard _board = new();
    private readonly TaskCompletionSource _allReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gatewayReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _wanted;

    private WeftHome Home => context.Home;

    /// <remarks>(1) control plane (2) resources (3) gateway and pods (4) ready: say where (5) until told to stop (6) end in reverse</remarks>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var controlEnd = new CancellationTokenSource();
        using var podsEnd = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task control = Task.CompletedTask;
        Task pods = Task.CompletedTask;
        try
        {
            control = await StartControlAsync(controlEnd.Token, stop);                    // (1)
            using ControlPlaneClient client = context.Connect();
            var resources = new MeshResources(client);
            Func<MeshEndpoint> mesh = await MeshAsync(client, stop);
            NodeAgent agent = Agent(resources, mesh);
            await agent.ForgetEarlierAsync(stop);
            await ApplyAsync(resources, stop);                                            // (2)
            pods = TogetherAsync(podsEnd, Gateway(resources, mesh).RunAsync(podsEnd.Token), OwnGatewaysAsync(resources, mesh, podsEnd.Token), agent.RunAsync(podsEnd.Token)); // (3)
            await ReadyAsync(pods, stop);
            await AnnounceAsync(client, stop);                                            // (4)
            await Task.WhenAny(pods, Forever(stop));                                      // (5)
            report.Status("Stopping ...");
            await podsEnd.CancelAsync();                                                  // (6)
            await pods;
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        finally
        {
            await podsEnd.CancelAsync();
            await pods.ContinueWith(static _ => { }, TaskScheduler.Default);
            await controlEnd.CancelAsync();
            await control;
            report.End();
        }
    }

    private async Task<Task> StartControlAsync(CancellationToken end, CancellationToken stop)
    {
        if (options.RemoteControl) { return Task.CompletedTask; }
        report.Status("Starting the control plane ...");
        var control = new ControlProcess(options.Control, text => report.Notice("control plane", text));
        Task running = control.RunAsync(end);
        try
        {
            await control.Ready.WaitAsync(stop);
        }
        catch (IOException e)
        {
            throw CommandException.No($"the control plane does not start: {e.Message}", $"Its whole log is {control.LogFile}.");
        }

        return running;
    }

    private async Task ApplyAsync(MeshResources resources, CancellationToken ct)
    {
        report.Status("Applying the application ...");
        IReadOnlyList<Resource> own = ApplicationResources.Resources(options.Application, options.Published);
        foreach (Resource resource in own.Concat(options.Resources))
        {
            try
            {
                await resources.PutAsync(resource, ct);
            }
            catch (ControlPlaneRefusedException e)
            {
                string where = resource.Source is { } source ? $"{source.File}:{source.Line}: " : "";
                throw CommandException.BadInput($"{where}{resource}: {e.Message}", "Correct it; nothing was started.");
            }
        }

        await PruneAsync(resources, own, ct);
        _wanted = own.Where(r => r.Kind == "Deployment").Sum(r => (int?)r.Spec?["replicas"] ?? 1);
    }

    /// <summary>What an earlier form of the file made and this one does not.</summary>
    private async Task PruneAsync(MeshResources resources, IReadOnlyList<Resource> own, CancellationToken ct)
    {
        foreach ((string group, string kind) in ((string, string)[])[("apps", "Deployment"), ("", "Service"), ("networking.istio.io", "Gateway"), ("networking.istio.io", "VirtualService")])
        {
            if (ResourceCatalog.BuiltIn.Find(group, kind) is not { } type) { continue; }
            string path = MeshResources.PathOf(type, options.Application.Namespace);
            JsonNode? list = await resources.Client.GetAsync($"{path}?labelSelector={ApplicationResources.Label}%3D{options.Application.Name}", ct);
            foreach (JsonObject item in (list?["items"] as JsonArray)?.OfType<JsonObject>() ?? [])
            {
                string name = (string?)item["metadata"]?["name"] ?? "";
                if (!own.Any(r => r.Kind == kind && r.Name == name)) { await resources.DeleteAsync($"{path}/{name}", ct); }
            }
        }
    }

    // The local control plane may come back on another port; one that was named stays where it is.
    private async Task<Func<MeshEndpoint>> MeshAsync(ControlPlaneClient client, CancellationToken ct)
    {
        if (!options.RemoteControl) { return () => MeshEndpoint.Local(Home); }
        MeshEndpoint named = await MeshEndpoint.OfAsync(client, ct);
        return () => named;
    }

    private NodeAgent Agent(MeshResources resources, Func<MeshEndpoint> mesh)
    {
        var agentOptions = new NodeAgentOptions(Home, Environment.MachineName, ApplicationResources.Images(options.Application))
        {
            Mode = options.Mode,
            PeerSockets = options.PeerSockets,
            Deregister = options.RemoteControl,
        };
        var services = new PodServices(Home, (pod, ct) => resources.TokenAsync(pod.Namespace, pod.ServiceAccount, pod.Name, pod.Uid, ct), mesh);
        return new NodeAgent(agentOptions, resources, services, Happened) { Seen = Seen };
    }

    private GatewayRunner Gateway(MeshResources resources, Func<MeshEndpoint> mesh) => new(
        new GatewayOptions(Home, Environment.MachineName, options.GatewayBind, options.GatewayPorts) { ServesAll = true }, resources, mesh, e =>
        {
            if (e.Kind == PodEventKind.ProxyReady) { _gatewayReady.TrySetResult(); }
            Happened("gateway", e);
        });

    /// <summary>
    /// One more for each Gateway of the Gateway API. The shared one stays their front door, at the address that the application is announced with. At a
    /// control plane of somebody else they are somebody else's: two machines would fight for each.
    /// </summary>
    private Task OwnGatewaysAsync(MeshResources resources, Func<MeshEndpoint> mesh, CancellationToken stop) => options.RemoteControl ? Forever(stop) : new GatewayAgent(
        new GatewayAgentOptions(Home, Environment.MachineName, GatewayPlaces.Of(Home)),
        resources,
        (gateway, ct) => new GatewayRunner(gateway, resources, mesh, e => Happened(gateway.Gateway, e)).RunAsync(ct),
        (gateway, text) => report.Notice(gateway, text)).RunAsync(stop);

    private void Happened(string pod, PodEvent e)
    {
        if (e.Kind is PodEventKind.Notice or PodEventKind.ProxyExited or PodEventKind.Failed) { report.Notice(pod, e.Text); }
    }

    private void Seen(IReadOnlyCollection<JsonObject> pods)
    {
        _board.Update(pods.Where(p => (string?)p["spec"]?["nodeName"] is null or "" || (string?)p["spec"]?["nodeName"] == Environment.MachineName));
        report.Status($"{_board.Ready} of {Math.Max(_board.Total, _wanted)} pods ready  ·  Ctrl-C stops the mesh");

        // The gateway is one more pod than the application's.
        if (_board.Total > _wanted && _board.Ready == _board.Total) { _allReady.TrySetResult(); }
    }

    private async Task ReadyAsync(Task pods, CancellationToken stop)
    {
        Task all = Task.WhenAll(_allReady.Task, _gatewayReady.Task);
        Task first = await Task.WhenAny(all, pods, Task.Delay(ReadyMax, stop));
        stop.ThrowIfCancellationRequested();
        if (first == pods) { await pods; }
        if (first != all) { report.Notice("", $"Not ready after {ReadyMax.TotalSeconds:0} s: {string.Join(", ", _board.Waiting)}. Their logs are in {Home.Logs}."); }
    }

    private async Task AnnounceAsync(ControlPlaneClient client, CancellationToken ct)
    {
        JsonNode? info = options.RemoteControl || !File.Exists(Home.ControlInfo) ? null : JsonNode.Parse(await File.ReadAllTextAsync(Home.ControlInfo, ct));
        string api = options.RemoteControl ? client.Address.Display : $"https://{info?["api"]}";
        string page = await PageAsync(client, api, ct);
        int port = options.Application.GatewayPorts.Values.FirstOrDefault(8080);
        string application = $"http://{(options.GatewayBind is "127.0.0.1" or "0.0.0.0" ? "localhost" : options.GatewayBind)}:{port}{options.Application.OpenPath}";
        var json = new JsonObject
        {
            ["event"] = "ready",
            ["application"] = application,
            ["page"] = page,
            ["api"] = api,
            ["kubeconfig"] = Home.Kubeconfig,
            ["home"] = Home.Path,
            ["gateway"] = $"{options.GatewayBind}:{port}",
            ["pods"] = _board.Total,
        };
        report.Event(json, output =>
        {
            output.Line($"Application {options.Application.Name} runs as a mesh.");
            output.Line();
            output.Line($"  application  {application}");
            output.Line($"  page         {page}");
            output.Line($"  API          {api}");
            output.Line($"  kubectl      export KUBECONFIG={Home.Kubeconfig}");
            output.Line();
        });
    }

    /// <summary>A link that logs its opener in once; the page's plain address where the control plane gives none.</summary>
    private static async Task<string> PageAsync(ControlPlaneClient client, string api, CancellationToken ct)
    {
        try { return (string?)(await client.PostAsync("/weft/v1/login-links", new JsonObject(), ct))?["url"] ?? api; }
        catch (ControlPlaneRefusedException) { return api; }
    }

    /// <summary>The end of one is the end of all: a mesh without its gateways or without its pods is none.</summary>
    private static async Task TogetherAsync(CancellationTokenSource end, params Task[] parts)
    {
        await Task.WhenAny(parts);
        await end.CancelAsync();
        await Task.WhenAll(parts);
    }

    private static async Task Forever(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = stop.Register(() => stopped.TrySetResult());
        await stopped.Task;
    }
}
