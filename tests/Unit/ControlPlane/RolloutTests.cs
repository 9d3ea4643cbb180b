using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Weft.Compile;
using Weft.ControlPlane.Distribute;
using Weft.ControlPlane.Rollouts;
using Weft.Dialects.Reading;
using Weft.Resources;
using Weft.Stores.Memory;

namespace Weft.Unit.ControlPlane;

public sealed class RolloutTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddDays(1);
    private static readonly RolloutSignals Good = new(100, 1, 10);

    private static readonly RolloutConfig Config = new()
    {
        TargetKind = "VirtualService", TargetName = "reviews", Stable = new RolloutVersion("v1", "v1", ""), Canary = new RolloutVersion("v2", "v2", ""),
        Steps = [10, 50, 100], Interval = TimeSpan.FromSeconds(30), MaxLatency = TimeSpan.FromMilliseconds(500),
    };

    [Fact]
    public void Steps_ThatHold_GoUpToTheEnd()
    {
        RolloutProgress? at = null;
        List<int> weights = [];
        for (int second = 0; second <= 100; second++)
        {
            at = RolloutDecision.Next(Config, 1, at, Good, Start.AddSeconds(second));
            weights.Add(at.WeightOf(Config));
        }

        Assert.Equal([10, 50, 100], weights.Distinct());
        Assert.Equal(30, weights.Count(w => w == 10));
        Assert.Equal(RolloutPhase.Succeeded, at!.Phase);
        Assert.Equal([10, 50, 100, 100], at.History.Select(h => h.Weight));
    }

    /// <summary>What the canary shows, and whether it is taken back at once.</summary>
    [Theory]
    [InlineData(100, 0.98, 10, true)]
    [InlineData(100, 0.999, 501, true)]
    [InlineData(100, 0.995, 499, false)]
    [InlineData(19, 0.0, 10_000, false)] // too few to judge by
    public void Canary_ThatFails_IsTakenBackAtOnce(int requests, double success, double p99, bool back)
    {
        RolloutProgress at = RolloutDecision.Next(Config, 1, null, default, Start);
        at = RolloutDecision.Next(Config, 1, at, new RolloutSignals((ulong)requests, success, p99), Start.AddSeconds(1));
        Assert.Equal(back ? RolloutPhase.RolledBack : RolloutPhase.Progressing, at.Phase);
        Assert.Equal(back ? 0 : 10, at.WeightOf(Config));
        Assert.Equal(at, RolloutDecision.Next(Config, 1, at, Good, Start.AddSeconds(2)));
    }

    [Fact]
    public void Canary_WithoutTraffic_WaitsAndSaysSo()
    {
        RolloutProgress at = RolloutDecision.Next(Config, 1, null, default, Start);
        at = RolloutDecision.Next(Config, 1, at, default, Start.AddHours(1));
        Assert.Equal((10, "Waiting for 20 requests to judge by."), (at.WeightOf(Config), at.Message));
    }

    [Fact]
    public void Spec_ThatChanged_BeginsAnew()
    {
        RolloutProgress at = RolloutDecision.Next(Config, 1, null, default, Start);
        at = RolloutDecision.Next(Config, 1, at, new RolloutSignals(100, 0, 1), Start.AddSeconds(1));
        at = RolloutDecision.Next(Config, 2, at, default, Start.AddSeconds(2));
        Assert.Equal((RolloutPhase.Progressing, 10, 3), (at.Phase, at.WeightOf(Config), at.History.Length));
    }

    [Fact]
    public void Progress_WrittenAndRead_IsTheSame()
    {
        RolloutProgress at = RolloutDecision.Next(Config, 7, null, default, Start);
        RolloutProgress read = RolloutProgress.Read(at.ToStatus(Config, Good))!;
        Assert.Equal(at with { History = [] }, read with { History = [] });
        Assert.Equal(at.History, read.History);
    }

    [Fact]
    public async Task Controller_OverAWholeRollout_WritesWeightsAndHistory()
    {
        await using var world = new World();
        await world.TickAsync(1);
        Assert.Equal((90, 10), world.Weights());
        world.Signals.Now = Good;
        await world.TickAsync(31);
        Assert.Equal((50, 50), world.Weights());
        world.Signals.Now = new RolloutSignals(50, 0.5, 10);
        await world.TickAsync(1);
        Assert.Equal((100, 0), world.Weights());
        JsonObject status = world.Find("weft.dev", "Rollout", "reviews").Status!;
        Assert.Equal("RolledBack", status["phase"]!.ToString());
        Assert.Equal("50.0%", status["successRate"]!.ToString());
        Assert.Equal(3, ((JsonArray)status["history"]!).Count);
        Assert.Equal("reviews.default.svc.cluster.local v2", world.Signals.Asked);
    }

    [Fact]
    public async Task Controller_WithoutItsTarget_SaysSo()
    {
        await using var world = new World(withTarget: false);
        await world.TickAsync(1);
        Assert.Equal("VirtualService reviews does not exist.", world.Find("weft.dev", "Rollout", "reviews").Status!["message"]!.ToString());
    }

    [Fact]
    public void Weights_OfAnHttpRoute_AreThoseOfItsBackends()
    {
        Resource route = Assert.Single(ResourceReader.ReadText("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec: {rules: [{backendRefs: [{name: a, port: 80}, {name: b, port: 80}]}, {backendRefs: [{name: a, port: 80}]}]}").Resources);
        RolloutConfig config = Config with { TargetKind = "HTTPRoute", Stable = new RolloutVersion("", "", "a"), Canary = new RolloutVersion("", "", "b") };
        RolloutWeights weights = RolloutWeights.Set(route, config, 30, "cluster.local");
        Assert.Equal(("b.default.svc.cluster.local", true), (weights.Host, weights.IsChanged));
        Assert.Equal([70, 30], weights.Target.Spec!["rules"]![0]!["backendRefs"]!.AsArray().Select(b => (int)b!["weight"]!));
        Assert.Null(weights.Target.Spec!["rules"]![1]!["backendRefs"]![0]!["weight"]);
        Assert.False(RolloutWeights.Set(weights.Target, config, 30, "cluster.local").IsChanged);
    }

    private sealed class FakeSignals : IRolloutSignals
    {
        public RolloutSignals Now { get; set; }

        public string Asked { get; private set; } = "";

        public RolloutSignals Of(string host, string version, TimeSpan window)
        {
            Asked = $"{host} {version}";
            return Now;
        }
    }

    private sealed class World : IAsyncDisposable
    {
        private const string Rollout = """
            apiVersion: weft.dev/v1alpha1
            kind: Rollout
            metadata: {name: reviews, namespace: default}
            spec: {target: {kind: VirtualService, name: reviews}, stable: {subset: v1}, canary: {subset: v2}, steps: [10, 50, 100]}

            """;

        private const string Target = """
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: reviews, namespace: default}
            spec: {hosts: [reviews], http: [{route: [{destination: {host: reviews, subset: v1}}, {destination: {host: reviews, subset: v2}}]}]}
            """;

        private readonly FakeTimeProvider _time = new(Start);
        private readonly IResourceStore _store;
        private readonly RolloutController _controller;

        public World(bool withTarget = true)
        {
            _store = MemoryStore.Create(time: _time);
            foreach (Resource resource in ResourceReader.ReadText(Rollout + (withTarget ? Target : "")).Resources)
            {
                _store.PutAsync(resource, null, new WriteOrigin("test", "test"), CancellationToken.None).AsTask().GetAwaiter().GetResult();
            }

            _controller = new RolloutController(_store, new MeshFeed(), Signals, CompileOptions.Default, _time, NullLogger<RolloutController>.Instance);
        }

        public FakeSignals Signals { get; } = new();

        public async Task TickAsync(int seconds)
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            await _controller.ReconcileAsync(_store.Snapshot(), CancellationToken.None);
        }

        public Resource Find(string group, string kind, string name) => _store.Snapshot().Find(new ResourceKey(group, kind, "default", name))!;

        public (int Stable, int Canary) Weights()
        {
            JsonNode route = Find("networking.istio.io", "VirtualService", "reviews").Spec!["http"]![0]!["route"]!;
            return ((int)route[0]!["weight"]!, (int)route[1]!["weight"]!);
        }

        public ValueTask DisposeAsync()
        {
            _controller.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
