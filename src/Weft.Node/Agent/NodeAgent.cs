using System.Text.Json.Nodes;
using Weft.Node.Control;
using Weft.Node.Pods;
using Weft.Primitives;

namespace Weft.Node.Agent;

/// <summary>What one machine's agent is.</summary>
public sealed record NodeAgentOptions(WeftHome Home, string Node, ImageMap Images)
{
    public PodMode Mode { get; init; }

    /// <summary>Pods of this machine reach each other by unix sockets instead of loopback TCP; mutual TLS is spoken there all the same.</summary>
    public bool PeerSockets { get; init; }

    /// <summary>The control plane lives on when this agent ends: its pods are then taken out of the mesh by name.</summary>
    public bool Deregister { get; init; }
}

/// <summary>
/// Runs the pods that belong to this machine: takes those that nobody runs and whose image it knows, keeps them running
/// while they exist, stops them when they are deleted. One loop owns the table; <see cref="RunAsync"/> is it.
/// </summary>
public sealed class NodeAgent(NodeAgentOptions options, MeshResources resources, PodServices services, Action<string, PodEvent> happened)
{
    private const string PodsPath = "/api/v1/pods";

    private readonly Dictionary<string, RunningPod> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unknownImages = new(StringComparer.Ordinal);
    private readonly List<Task> _ending = [];

    /// <summary>Every pod as the control plane last told of it, for a status line. Called by the loop.</summary>
    public Action<IReadOnlyCollection<JsonObject>>? Seen { get; set; }

    /// <summary>Pods of an earlier life of this node are gone with it; deleting them makes their owners make new ones.</summary>
    public async Task ForgetEarlierAsync(CancellationToken ct)
    {
        JsonNode? list = await resources.Client.GetAsync(PodsPath, ct);
        foreach (JsonObject pod in Items(list).Where(p => PodReader.Text(p, "spec", PodReader.NodeName) == options.Node))
        {
            await resources.DeleteAsync(MeshResources.PodPath(PodReader.Text(pod, "metadata", "namespace"), PodReader.Text(pod, "metadata", "name")), ct);
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await WatchLoop.RunAsync(ListAndWatchAsync, stop);
        }
        finally
        {
            await EndAllAsync();
        }
    }

    private async Task ListAndWatchAsync(CancellationToken stop)
    {
        JsonNode? list = await resources.Client.GetAsync(PodsPath, stop);
        var pods = Items(list).ToDictionary(PodReader.Key, StringComparer.Ordinal);
        foreach (string gone in _running.Keys.Where(k => !pods.ContainsKey(k)).ToArray()) { Stop(gone); }
        foreach (JsonObject pod in pods.Values.ToArray()) { await SettleAsync(pod, stop); }
        Seen?.Invoke(pods.Values);
        string revision = PodReader.Text(list, "metadata", "resourceVersion");
        await foreach (JsonObject change in resources.Client.WatchAsync($"{PodsPath}?watch=true&resourceVersion={revision}", stop))
        {
            string type = PodReader.Text(change, "type");
            if (type is not ("ADDED" or "MODIFIED" or "DELETED") || change["object"] is not JsonObject pod)
            {
                if (type == "ERROR") { return; } // the revision is gone: list again
                continue;
            }

            string key = PodReader.Key(pod);
            if (type == "DELETED")
            {
                pods.Remove(key);
                Stop(key);
            }
            else
            {
                pods[key] = pod;
                await SettleAsync(pod, stop);
            }

            Seen?.Invoke(pods.Values);
        }
    }

    /// <summary>Makes what runs here agree with one pod's record.</summary>
    private async Task SettleAsync(JsonObject pod, CancellationToken stop)
    {
        string key = PodReader.Key(pod);
        string node = PodReader.Text(pod, "spec", PodReader.NodeName);
        string uid = PodReader.Text(pod, "metadata", "uid");
        if (_running.TryGetValue(key, out RunningPod? running))
        {
            if (running.Uid == uid) { return; }
            Stop(key);
        }

        string image = PodReader.Image(pod);
        if (node.Length > 0 && node != options.Node) { return; }
        if (options.Images.Find(image) is not { } program)
        {
            if (node.Length == 0 && image.Length > 0 && _unknownImages.Add(image))
            {
                happened(key, new PodEvent(PodEventKind.Notice, $"No command stands for image {image}; name one under images: in weft.yaml."));
            }

            return;
        }

        if (PodReader.Text(pod, "status", "podIP").Length == 0) { return; } // comes with the next change
        if (node.Length == 0 && !await BindAsync(pod, stop)) { return; }
        Start(key, uid, PodReader.Plan(pod, program, options.Mode, Path.Combine(options.Home.Logs, $"{key.Replace('/', '.')}.log")) with { PeerSocket = options.PeerSockets });
    }

    /// <summary>Takes the pod for this machine; false when somebody was quicker or it is gone.</summary>
    private async Task<bool> BindAsync(JsonObject pod, CancellationToken stop)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = PodReader.Text(pod, "metadata", "resourceVersion") },
            ["spec"] = new JsonObject { [PodReader.NodeName] = options.Node },
        };
        string path = MeshResources.PodPath(PodReader.Text(pod, "metadata", "namespace"), PodReader.Text(pod, "metadata", "name"));
        try
        {
            await resources.Client.PatchAsync(path, "application/merge-patch+json", patch, stop);
            return true;
        }
        catch (ControlPlaneRefusedException e) when (e.Status is 404 or 409)
        {
            return false; // its next version comes by the watch
        }
    }

    private void Start(string key, string uid, PodPlan plan)
    {
        Task? before = _ending.Count > 0 ? Task.WhenAll(_ending) : null;
        var stop = new CancellationTokenSource();
        var runner = new PodRunner(plan, services, e => happened(key, e));
        _running[key] = new RunningPod(uid, stop, RunAfterAsync(before, runner, stop.Token));
        _ending.RemoveAll(t => t.IsCompleted);
    }

    // A pod that is made again under the same name has the same files: the old one ends first.
    private static async Task RunAfterAsync(Task? before, PodRunner runner, CancellationToken stop)
    {
        if (before is not null) { await before; }
        await runner.RunAsync(once: false, stop);
    }

    private void Stop(string key)
    {
        if (!_running.Remove(key, out RunningPod? running)) { return; }
        _ending.Add(EndAsync(running));
    }

    private static async Task EndAsync(RunningPod running)
    {
        await running.Stop.CancelAsync();
        await running.Task;
        running.Stop.Dispose();
    }

    private async Task EndAllAsync()
    {
        if (options.Deregister)
        {
            foreach (string key in _running.Keys)
            {
                string[] parts = key.Split('/');
                try { await resources.DeleteAsync(MeshResources.PodPath(parts[0], parts[1]), CancellationToken.None); }
                catch (Exception e) when (e is ControlPlaneUnreachableException or ControlPlaneRefusedException) { /* it finds out by the silence */ }
            }
        }

        foreach (string key in _running.Keys.ToArray()) { Stop(key); }
        await Task.WhenAll(_ending);
    }

    private static IEnumerable<JsonObject> Items(JsonNode? list) => (list?["items"] as JsonArray)?.OfType<JsonObject>() ?? [];

    private sealed record RunningPod(string Uid, CancellationTokenSource Stop, Task Task);
}
