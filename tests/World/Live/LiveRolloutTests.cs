using System.Text.Json.Nodes;
using Weft.Resources;
using Weft.World.DataPath;

namespace Weft.World.Live;

/// <summary>A rollout that hears of its canary from the proxies that serve it, and moves the traffic that they send.</summary>
public sealed class LiveRolloutTests
{
    private const string Target = """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: api, namespace: default}
        spec: {hosts: [api], http: [{route: [{destination: {host: api, subset: v1}, weight: 100}, {destination: {host: api, subset: v2}, weight: 0}]}]}
        """;

    private const string Rollout = """
        apiVersion: weft.dev/v1alpha1
        kind: Rollout
        metadata: {name: api, namespace: default}
        spec: {target: {kind: VirtualService, name: api}, stable: {subset: v1}, canary: {subset: v2}, steps: [20, 60, 100], interval: 1s, minRequests: 10}
        """;

    private static readonly ResourceKey RolloutKey = new("weft.dev", "Rollout", "default", "api");
    private static readonly ResourceKey TargetKey = new("networking.istio.io", "VirtualService", "default", "api");

    [Fact]
    public async Task Canary_ThatServesWell_GetsAllTraffic()
    {
        using RawOrigin v1 = ApiVersion.Start("v1"), v2 = ApiVersion.Start("v2");
        await using LiveMesh mesh = await LiveMesh.StartAsync();

        JsonObject status = await RunAsync(mesh, v1, v2, "Succeeded");

        Assert.Equal("100.0%", (string)status["successRate"]!);
        Assert.Equal([20, 60, 100, 100], status["history"]!.AsArray().Select(h => (int)h!["weight"]!));
        Assert.Equal((0, 100), Weights(mesh));
    }

    [Fact]
    public async Task Canary_ThatAnswers500_IsTakenBackAndTheStatusSaysWhy()
    {
        using RawOrigin v1 = ApiVersion.Start("v1"), v2 = ApiVersion.Start("v2", status: 500);
        await using LiveMesh mesh = await LiveMesh.StartAsync();

        JsonObject status = await RunAsync(mesh, v1, v2, "RolledBack");

        Assert.Matches(@"^Of \d+ requests 0\.0 % succeeded, less than 99\.0 %\. The old version has all of the traffic again\.$", (string)status["message"]!);
        Assert.Equal([20, 0], status["history"]!.AsArray().Select(h => (int)h!["weight"]!));
        Assert.Equal((100, 0), Weights(mesh));
    }

    /// <summary>Asks all the time until the rollout has come to this end, and then until only the version that won has answered for a while.</summary>
    private static async Task<JsonObject> RunAsync(LiveMesh mesh, RawOrigin v1, RawOrigin v2, string phase)
    {
        await mesh.StartApiAsync("v1", v1.Port);
        await mesh.StartApiAsync("v2", v2.Port);
        await mesh.ApplyAsync(Target);
        using RawClient client = await LiveMesh.ConnectServedAsync(await mesh.StartWebAsync());
        await mesh.ApplyAsync(Rollout);
        Task<Resource> ended = mesh.WhenAsync(s => s.Find(RolloutKey) is { } now && (string?)now.Status?["phase"] is "Succeeded" or "RolledBack" ? s.Find(RolloutKey) : null);
        HashSet<string?> seen = [];
        while (!ended.IsCompleted)
        {
            seen.Add(await ApiVersion.AskAsync(client));
        }

        Assert.Equal(["v1", "v2"], seen.Order());
        JsonObject status = (await ended).Status!;
        Assert.Equal(phase, (string)status["phase"]!);
        string winner = phase == "Succeeded" ? "v2" : "v1";
        int inARow = 0;
        await LiveMesh.UntilAsync(async () => (inARow = await ApiVersion.AskAsync(client) == winner ? inARow + 1 : 0) == 100);

        return status;
    }

    private static (int Stable, int Canary) Weights(LiveMesh mesh)
    {
        JsonNode route = mesh.Store.Snapshot().Find(TargetKey)!.Spec!["http"]![0]!["route"]!;
        return ((int)route[0]!["weight"]!, (int)route[1]!["weight"]!);
    }
}
