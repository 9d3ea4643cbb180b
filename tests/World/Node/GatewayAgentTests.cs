using System.Threading.Channels;
using Weft.Node.Agent;
using Weft.Node.Control;
using Weft.World.Discovery;
using Weft.World.Kubectl;

namespace Weft.World.Node;

/// <summary>Which Gateways of a real control plane get a gateway of their own, and for how long.</summary>
public sealed class GatewayAgentTests(ControlPlaneWorld world) : IClassFixture<ControlPlaneWorld>
{
    [Fact]
    public async Task Gateway_WhileItExists_HasOneGatewayAtItsAddress()
    {
        await world.KubectlOkAsync("delete", "gateways", "--all");
        var runs = new Runs();
        using var stop = new CancellationTokenSource();
        using var client = new ControlPlaneClient(ControlPlaneAddress.Local(world.Home));
        Task agent = Agent(client, runs).RunAsync(stop.Token);

        await ApplyAsync("foreign", "", "not-ours");
        await ApplyAsync("first", "", "weft");
        await ApplyAsync("asking", "addresses: [{value: 127.0.0.77}]", "istio");
        GatewayOptions[] started = [await runs.StartedAsync(), await runs.StartedAsync()];
        Assert.Equal(["default/asking", "default/first"], started.Select(s => s.Gateway).Order());
        Assert.Equal("127.0.0.77", started.Single(s => s.Gateway == "default/asking").Bind);
        Assert.StartsWith("127.80.", started.Single(s => s.Gateway == "default/first").Bind, StringComparison.Ordinal);

        // Another address: another gateway, and not before the old one has ended.
        await ApplyAsync("asking", "addresses: [{value: 127.0.0.78}]", "istio");
        Assert.Equal("default/asking", await runs.StoppingAsync());
        Assert.False(runs.HasStarted);
        runs.End("default/asking");
        Assert.Equal("127.0.0.78", (await runs.StartedAsync()).Bind);

        await ApplyAsync("first", "", "not-ours");
        Assert.Equal("default/first", await runs.StoppingAsync());
        runs.End("default/first");

        await world.KubectlOkAsync("delete", "gateway", "asking");
        Assert.Equal("default/asking", await runs.StoppingAsync());
        await ApplyAsync("asking", "", "weft");
        Assert.False(runs.HasStarted);
        runs.End("default/asking");
        Assert.Equal("default/asking", (await runs.StartedAsync()).Gateway);

        await stop.CancelAsync();
        Assert.Equal("default/asking", await runs.StoppingAsync());
        Assert.False(agent.IsCompleted);
        runs.End("default/asking");
        await agent.WaitAsync(DiscoveryWorld.Patience);
    }

    [Fact]
    public async Task Gateway_ThatDoesNotStart_IsTriedAgainAndSaid()
    {
        await world.KubectlOkAsync("delete", "gateways", "--all");
        var said = Channel.CreateUnbounded<string>();
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int tries = 0;
        using var stop = new CancellationTokenSource();
        using var client = new ControlPlaneClient(ControlPlaneAddress.Local(world.Home));
        var agent = new GatewayAgent(Options(), new MeshResources(client), RunAsync, (_, text) => said.Writer.TryWrite(text));
        Task running = agent.RunAsync(stop.Token);
        await ApplyAsync("broken", "", "weft");

        string text;
        do { text = await said.Reader.ReadAsync(DiscoveryWorld.Patience); } while (!text.Contains("no room", StringComparison.Ordinal));
        await again.Task.WaitAsync(DiscoveryWorld.Patience);

        await stop.CancelAsync();
        await running.WaitAsync(DiscoveryWorld.Patience);

        async Task RunAsync(GatewayOptions options, CancellationToken ct)
        {
            if (++tries == 1)
            {
                throw new IOException("no room");
            }

            var stopped = new TaskCompletionSource();
            again.TrySetResult();
            await using (ct.Register(() => stopped.TrySetResult())) { await stopped.Task; }
        }
    }

    private GatewayAgentOptions Options() => new(world.Home, "here", new GatewayPlaces(world.Home.Path, 0));

    private GatewayAgent Agent(ControlPlaneClient client, Runs runs) => new(Options(), new MeshResources(client), runs.RunAsync, static (_, _) => { });

    private async Task ApplyAsync(string name, string spec, string className)
    {
        string yaml = $$"""
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: { name: {{name}}, namespace: default }
            spec:
              gatewayClassName: {{className}}
              listeners: [ { name: http, port: 80, protocol: HTTP } ]
              {{spec}}
            """;
        Said said = await world.KubectlAsync(yaml, ["apply", "-f", "-"], null);
        Assert.True(said.Code == 0, said.All);
    }

    /// <summary>Gateways that run until the test lets them end.</summary>
    private sealed class Runs
    {
        private readonly Channel<GatewayOptions> _started = Channel.CreateUnbounded<GatewayOptions>();
        private readonly Channel<string> _stopping = Channel.CreateUnbounded<string>();
        private readonly System.Collections.Concurrent.ConcurrentDictionary<string, TaskCompletionSource> _alive = new();

        public bool HasStarted => _started.Reader.Count > 0;

        public async Task RunAsync(GatewayOptions options, CancellationToken stop)
        {
            TaskCompletionSource end = _alive[options.Gateway] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _started.Writer.TryWrite(options);
            await using CancellationTokenRegistration stopping = stop.Register(() => _stopping.Writer.TryWrite(options.Gateway));
            await end.Task;
        }

        public void End(string gateway) => _alive[gateway].SetResult();

        public async Task<GatewayOptions> StartedAsync() => await _started.Reader.ReadAsync(DiscoveryWorld.Patience);

        public async Task<string> StoppingAsync() => await _stopping.Reader.ReadAsync(DiscoveryWorld.Patience);
    }
}
