using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Bookinfo;

/// <summary>kill -9 of any one part: the rest goes on, and the part comes back with nothing lost.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(20);
    private readonly RunningMesh _mesh = new();

    public ValueTask InitializeAsync() => _mesh.InitializeAsync();

    public ValueTask DisposeAsync() => _mesh.DisposeAsync();

    [Fact]
    public async Task KilledControlPlane_TrafficGoesOnAndNothingIsLost()
    {
        using var client = new HttpClient();
        string kept = Path.Combine(_mesh.Home, "kept.yaml");
        await File.WriteAllTextAsync(kept, "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: kept }\ndata: { a: b }\n");
        await _mesh.ApplyAsync(kept);
        await WarmAsync(client);
        int pid = await ControlPidAsync();
        Kill(pid);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await _mesh.GetAsync(client, "/productpage")).Status);
        }

        await Eventually.TrueAsync("the control plane is back", RecoveryLimit, async () => await ControlPidAsync() != pid && (await _mesh.KubectlAsync("get", "configmap", "kept")).ExitCode == 0);
        await Eventually.TrueAsync("every proxy has reconnected", RecoveryLimit, async () =>
            (await _mesh.ControlAsync("/weft/v1/proxies"))["proxies"]!.AsArray() is { Count: > 6 } all && all.All(p => (bool)p!["connected"]!));
    }

    [Theory]
    [InlineData("sidecar", "details")]
    [InlineData("sidecar", "productpage")]
    [InlineData("gateway", "gateway")]
    public async Task KilledProxy_IsRestartedAndServesAgain(string kind, string workload)
    {
        using var client = new HttpClient();
        JsonArray proxies = (await _mesh.ControlAsync("/weft/v1/proxies"))["proxies"]!.AsArray();
        string address = (string)proxies.First(p => ((string)p!["workload"]!).Contains(workload, StringComparison.Ordinal))!["address"]!;
        HashSet<int> all = [.. Processes($"weft-proxy {kind}").Select(p => p.Pid)];
        int pid = kind == "gateway" ? all.Single() : await ListenerAsync(address);
        Assert.Contains(pid, all);
        Kill(pid);
        await ServesAgainAsync(client);
    }

    [Fact]
    public async Task KilledApplication_IsRestartedAndTheRestGoesOn()
    {
        using var client = new HttpClient();
        int pid = Processes("details/details.py").First(p => p.Command.StartsWith("/usr/bin/python3", StringComparison.Ordinal)).Pid;
        Kill(pid);
        Assert.Equal(HttpStatusCode.OK, (await _mesh.GetAsync(client, "/api/v1/products/0/reviews")).Status);
        await Eventually.TrueAsync("details is back", RecoveryLimit, async () => (await _mesh.GetAsync(client, "/api/v1/products/0")).Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task KilledUp_LeavesNothingBehind()
    {
        int[] all = [.. Processes("").Select(p => p.Pid)];
        Assert.NotEmpty(all);
        Kill(_mesh.UpProcessId);
        await Eventually.TrueAsync("every process of the mesh is gone", RecoveryLimit, () => Task.FromResult(!all.Any(IsAlive)));
    }

    /// <summary>What a proxy never talked to it does not know: each version of reviews has been asked, and has asked, before.</summary>
    private async Task WarmAsync(HttpClient client)
    {
        var versions = new HashSet<string>();
        await Eventually.TrueAsync("every version has answered", RecoveryLimit, async () =>
        {
            (_, string body) = await _mesh.GetAsync(client, "/api/v1/products/0/reviews");
            versions.Add(((string?)JsonNode.Parse(body)?["podname"] ?? "").Split('-').ElementAtOrDefault(1) ?? "");
            return versions.IsSupersetOf(["v1", "v2", "v3"]) && (await _mesh.GetAsync(client, "/productpage")).Status == HttpStatusCode.OK;
        });
    }

    private async Task ServesAgainAsync(HttpClient client) => await Eventually.TrueAsync("the page is whole again", RecoveryLimit, async () =>
    {
        (HttpStatusCode status, string body) = await _mesh.GetAsync(client, "/productpage");
        return status == HttpStatusCode.OK && !body.Contains("Sorry, product", StringComparison.Ordinal);
    });

    /// <summary>Who listens at an address, as ss(8) says it.</summary>
    private static async Task<int> ListenerAsync(string address)
    {
        string said = (await Command.RunAsync(Repository.Tool("ss", "iproute2"), ["-ltnpH", $"sport = :{address.Split(':')[^1]}"])).Succeeded().Output;
        return int.Parse(Regex.Match(said, @"pid=(\d+)").Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private async Task<int> ControlPidAsync() =>
        (int)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_mesh.Home, "run/control.json")))!["pid"]!;

    private static void Kill(int pid)
    {
        using Process kill = Process.Start("kill", ["-9", $"{pid}"]);
        kill.WaitForExit();
    }

    private static bool IsAlive(int pid) =>
        File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    /// <summary>Descendants of this mesh's `weft up` whose command line contains a text.</summary>
    private List<(int Pid, string Command)> Processes(string text)
    {
        var found = new List<(int, string)>();
        var open = new Queue<int>([_mesh.UpProcessId]);
        while (open.TryDequeue(out int pid))
        {
            foreach (string task in Directory.Exists($"/proc/{pid}/task") ? Directory.GetDirectories($"/proc/{pid}/task") : [])
            {
                foreach (string child in File.ReadAllText($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    int id = int.Parse(child, CultureInfo.InvariantCulture);
                    open.Enqueue(id);
                    string command = File.ReadAllText($"/proc/{id}/cmdline").Replace('\0', ' ');
                    if (command.Contains(text, StringComparison.Ordinal))
                    {
                        found.Add((id, command));
                    }
                }
            }
        }

        return found;
    }
}
