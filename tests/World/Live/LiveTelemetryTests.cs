using System.Text.Json.Nodes;
using Weft.ControlPlane.Observe;
using Weft.World.DataPath;
using Weft.World.LifeCycle;

namespace Weft.World.Live;

/// <summary>What `weft edges` and `weft stat` know of a proxy that ends.</summary>
public sealed class LiveTelemetryTests
{
    private const string Service = "api.default.svc.cluster.local";
    private const int Calls = 25;
    private const int WindowSeconds = 600;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <remarks>
    /// The last call ends when the gateway has taken leave of everybody else and waits for that one alone: milliseconds before its process, and hardly ever
    /// before one of its reports of every second.
    /// </remarks>
    [Fact]
    public async Task Calls_RightBeforeAndDuringTheEndOfAGateway_AreAllCounted()
    {
        await using LifeOrigin origin = await LifeOrigin.StartAsync();
        await using LiveMesh mesh = await LiveMesh.StartAsync();
        await mesh.StartApiAsync("v1", origin.Http1Port);
        await mesh.ApplyAsync(LivePolicyTests.Gateway);
        LiveProxy gateway = await mesh.StartGatewayAsync();
        using RawClient client = await LiveMesh.ConnectServedAsync(gateway);
        using RawClient held = await RawClient.ConnectAsync(gateway.Address);
        await held.GetAsync("/held");
        await origin.Holding.Task.WaitAsync(Patience);
        ulong before = await CountedAsync(mesh, static n => n > 0);
        for (int i = 0; i < Calls; i++)
        {
            Assert.Equal(LifeOrigin.Answer, await AskAsync(client));
        }

        Task ended = gateway.TerminateAsync();
        await client.ReadToEndAsync(); // an idle client has been taken leave of
        client.FinishSending();
        origin.Release();
        Assert.Equal(LifeOrigin.Answer, (await held.ReadAnswerAsync()).Body);
        held.FinishSending(); // nobody waits for its goodbye
        await ended.WaitAsync(Patience);

        Assert.Equal(before + Calls + 1, await CountedAsync(mesh, n => n > before + Calls));
        JsonNode stat = TrafficJson.Stat(mesh.Edges.Summarize(WindowSeconds), byService: true).Single(s => (string?)s!["name"] == Service)!;
        Assert.Equal(before + Calls + 1, (ulong)stat["totalRequests"]! - (ulong)stat["totalFailures"]!);
    }

    private static async Task<string> AskAsync(RawClient client)
    {
        await client.GetAsync("/");
        return (await client.ReadAnswerAsync()).Body;
    }

    /// <summary>Answered calls of the gateway that the control plane knows of, once they are enough.</summary>
    private static async Task<ulong> CountedAsync(LiveMesh mesh, Func<ulong, bool> enough)
    {
        ulong counted = 0;
        await LiveMesh.UntilAsync(async () =>
        {
            await Task.Yield();
            counted = mesh.Edges.Summarize(WindowSeconds).Select(TrafficJson.Edge).Where(e => (string?)e["service"] == Service && (string?)e["source"]!["app"] == "edge")
                .Aggregate(0UL, static (sum, e) => sum + ((ulong?)e["statuses"]!["200"] ?? 0));
            return enough(counted);
        });
        return counted;
    }
}
