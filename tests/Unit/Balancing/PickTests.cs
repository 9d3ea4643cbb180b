using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using Weft.Balancing;
using Weft.Model.V1;
using Weft.Primitives;
using Kind = Weft.Model.V1.Balancer.Types.Kind;

namespace Weft.Unit.Balancing;

public sealed class PickTests
{
    public static TheoryData<Kind> Kinds { get; } =
        [Kind.LeastRequest, Kind.RoundRobin, Kind.Random, Kind.RingHash, Kind.Maglev, Kind.PeakEwma];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pick_NoEndpoints_SaysSo(Kind kind)
    {
        var bench = new ClusterBench(ClusterBench.Of(kind));
        Assert.Equal(PickOutcome.NoEndpoints, bench.State.Pick(new PickContext(bench.Now, 1), default).Outcome);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pick_DrainingEndpoint_GetsNothing(Kind kind)
    {
        var draining = ClusterBench.Endpoint("10.0.0.9");
        draining.Draining = true;
        var bench = new ClusterBench(ClusterBench.Of(kind), [.. ClusterBench.Endpoints(2), draining]);
        Assert.DoesNotContain("10.0.0.9", bench.Count(200).Keys);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pick_TriedEndpoints_AvoidedWhileThereAreOthers(Kind kind)
    {
        var bench = new ClusterBench(ClusterBench.Of(kind), ClusterBench.Endpoints(4));
        for (int round = 0; round < 50; round++)
        {
            var tried = default(TriedEndpoints);
            var seen = new HashSet<string>();
            for (int attempt = 0; attempt < 4; attempt++)
            {
                var endpoint = bench.Pick((ulong)round, tried);
                Assert.NotNull(endpoint);
                Assert.True(seen.Add(endpoint.Address));
                tried.Add(endpoint);
            }

            Assert.NotNull(bench.Pick((ulong)round, tried)); // all tried: one of them again
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pick_Warm_AllocatesNothing(Kind kind)
    {
        var bench = new ClusterBench(ClusterBench.Of(kind), [.. ClusterBench.Endpoints(5), ClusterBench.Endpoint("10.0.1.1", 3)]);
        var tried = default(TriedEndpoints);
        tried.Add(bench.State.Endpoints[0]);
        ulong random = 1;
        long before = 0;
        for (int i = 0; i < 2_000; i++)
        {
            before = i == 1_000 ? GC.GetAllocatedBytesForCurrentThread() : before;
            random = Draw.Mix(random, 1);
            var endpoint = bench.State.Pick(new PickContext(bench.Now, random, i % 2 == 0 ? random : null), i % 3 == 0 ? tried : default).Endpoint;
            bench.State.Started(endpoint!);
            bench.State.Ended(endpoint!, new AttemptReport(200, Fault.None, TimeSpan.FromMilliseconds(1)), bench.Now);
        }

        Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void RoundRobin_EqualWeights_TakesTurns()
    {
        var bench = new ClusterBench(ClusterBench.Of(Kind.RoundRobin), ClusterBench.Endpoints(3));
        string?[] first = [.. Enumerable.Range(0, 3).Select(_ => bench.Pick()?.Address)];
        Assert.Equal(3, first.Distinct().Count());
        Assert.Equal(first, Enumerable.Range(0, 3).Select(_ => bench.Pick()?.Address));
    }

    [Fact]
    public void RoundRobin_Weights_AreExactAndSpread()
    {
        var bench = new ClusterBench(ClusterBench.Of(Kind.RoundRobin), ClusterBench.Endpoint("a", 5), ClusterBench.Endpoint("b", 1), ClusterBench.Endpoint("c", 1));
        string turns = string.Concat(Enumerable.Range(0, 14).Select(_ => bench.Pick()?.Address));
        Assert.Equal((10, 2, 2), (turns.Count(c => c == 'a'), turns.Count(c => c == 'b'), turns.Count(c => c == 'c')));
        Assert.DoesNotContain("aaaaa", turns, StringComparison.Ordinal); // 5 of 7, but never all in a row
        Assert.DoesNotContain("bc", turns, StringComparison.Ordinal);
    }

    [Fact]
    public void LeastRequest_TwoEndpoints_TakesTheIdleOne()
    {
        var bench = new ClusterBench(ClusterBench.Of(Kind.LeastRequest), ClusterBench.Endpoints(2));
        bench.State.Started(bench.State.Endpoints[0]);
        Assert.Equal(["10.0.0.2"], bench.Count(100).Keys);
    }

    [Theory]
    [InlineData(30, 4, true)]   // several times slower: passed over
    [InlineData(8, 4, false)]   // another version of the service may well take twice as long
    [InlineData(2, 0.1, false)] // much slower, but nobody waits for it
    public void LeastRequest_SlowEndpoint_IsPassedOverUntilItsMeasureFades(double slowMs, double fastMs, bool isPassedOver)
    {
        var bench = new ClusterBench(ClusterBench.Of(Kind.LeastRequest), ClusterBench.Endpoints(2));
        bench.State.Ended(bench.State.Endpoints[0], new AttemptReport(200, Fault.None, TimeSpan.FromMilliseconds(slowMs)), bench.Now);
        bench.State.Ended(bench.State.Endpoints[1], new AttemptReport(200, Fault.None, TimeSpan.FromMilliseconds(fastMs)), bench.Now);
        bench.State.Started(bench.State.Endpoints[1]);
        bench.State.Started(bench.State.Endpoints[0]);
        Assert.Equal(isPassedOver && slowMs > fastMs * 5, !bench.Count(200).ContainsKey("10.0.0.1"));
        bench.Now += TimeSpan.FromMinutes(1);
        Assert.Contains("10.0.0.1", bench.Count(200).Keys);
    }

    [Fact]
    public void Hash_SameKey_StaysAndMovesOnlyWhenItsEndpointIsOut()
    {
        foreach (var kind in (Kind[])[Kind.RingHash, Kind.Maglev])
        {
            var bench = new ClusterBench(ClusterBench.Of(kind, new OutlierDetection { Consecutive5Xx = 1, MaxEjectionPercent = 100 }), ClusterBench.Endpoints(5));
            string?[] before = [.. Enumerable.Range(0, 500).Select(i => bench.Pick(Draw.Mix(9, (uint)i))?.Address)];
            Assert.True(bench.Answer("10.0.0.3", 500));
            string?[] after = [.. Enumerable.Range(0, 500).Select(i => bench.Pick(Draw.Mix(9, (uint)i))?.Address)];
            Assert.All(before.Zip(after), p => Assert.True(p.First == p.Second || p.First == "10.0.0.3"));
            Assert.DoesNotContain("10.0.0.3", after);
        }
    }

    [Fact]
    public void OriginalDestination_Cluster_DialsWhereTheClientDid()
    {
        var bench = new ClusterBench(new Cluster { Discovery = Cluster.Types.Discovery.OriginalDestination });
        Assert.Equal(PickOutcome.OriginalDestination, bench.State.Pick(new PickContext(bench.Now, 1), default).Outcome);
    }

    [Fact]
    public void Apply_SameIdentity_KeepsItsState()
    {
        var bench = new ClusterBench(ClusterBench.Of(Kind.LeastRequest), ClusterBench.Endpoints(2));
        var endpoint = bench.State.Endpoints[0];
        bench.State.Started(endpoint);
        bench.Apply(ClusterBench.Endpoint("10.0.0.1", weight: 7), ClusterBench.Endpoint("10.0.0.5"));
        Assert.Same(endpoint.State, bench.State.Endpoints[0].State);
        Assert.Equal((7u, 1L), (bench.State.Endpoints[0].Weight, bench.State.Endpoints[0].State.Active));
        Assert.Equal("10.0.0.1", bench.State.Find("10.0.0.1:80"u8)?.Address);
        Assert.Null(bench.State.Find("10.0.0.2:80"u8));
    }

    [Fact]
    public void Apply_EndpointThatOwnerRefuses_IsLeftOut()
    {
        var state = new ClusterBalancerState(0);
        state.Apply(new Cluster(), new EndpointSet { Endpoints = { ClusterBench.Endpoints(2) } }, ClientPlace.Unknown, TimeSpan.Zero, e => e.Address == "10.0.0.1" ? null : e.Address);
        Assert.Equal("10.0.0.2", Assert.Single(state.Endpoints).Attachment);
    }

    [Fact]
    public void WarmUp_NewEndpoint_GetsItsShareSlowly()
    {
        var cluster = ClusterBench.Of(Kind.RoundRobin);
        cluster.Balancer.WarmUp = Duration.FromTimeSpan(TimeSpan.FromSeconds(100));
        var bench = new ClusterBench(cluster, ClusterBench.Endpoints(1));
        bench.Now += TimeSpan.FromHours(1);
        bench.Apply(ClusterBench.Endpoints(2));
        Assert.InRange(bench.Count(1_000)["10.0.0.2"], 80, 100); // a tenth of the other's
        bench.Now += TimeSpan.FromSeconds(50);
        Assert.InRange(bench.Count(1_000)["10.0.0.2"], 320, 345); // half of the other's
        bench.Now += TimeSpan.FromSeconds(50);
        Assert.Equal(500, bench.Count(1_000)["10.0.0.2"]);
    }

    [Fact]
    public void Locality_Distribute_SplitsByPercentAndLeavesOutTheRest()
    {
        var cluster = ClusterBench.Of(Kind.Random);
        cluster.Locality = new LocalityPolicy { Enabled = true, Distribute = { new LocalityWeights { From = "eu/a/*", To = { ["eu/a/*"] = 80, ["eu/b/*"] = 20 } } } };
        var bench = Placed(cluster, "eu/a/1");
        var counts = bench.Count(5_000);
        Assert.InRange(counts["eu-a"], 3_800, 4_200);
        Assert.InRange(counts["eu-b"], 800, 1_200);
        Assert.DoesNotContain("us-a", counts.Keys);
    }

    [Fact]
    public void Locality_Failover_NearestFirstThenTheNamedRegion()
    {
        var cluster = ClusterBench.Of(Kind.Random, new OutlierDetection { Consecutive5Xx = 1, MaxEjectionPercent = 100 });
        cluster.Locality = new LocalityPolicy { Enabled = true, Failover = { ["eu"] = "us" } };
        var bench = Placed(cluster, "eu/a");
        foreach (string next in (string[])["eu-a", "eu-b", "us-a", "as-a"])
        {
            Assert.Equal([next], bench.Count(100).Keys);
            Assert.True(bench.Answer(next, 503));
        }

        Assert.Equal(["none"], bench.Count(10).Keys);
    }

    [Fact]
    public void Locality_FailoverPriority_CountsLeadingLabels()
    {
        var cluster = ClusterBench.Of(Kind.Random);
        cluster.Locality = new LocalityPolicy { Enabled = true, FailoverPriority = { "version=v2", "topology.kubernetes.io/region" } };
        var near = ClusterBench.Endpoint("near", locality: "eu/a");
        var chosen = ClusterBench.Endpoint("chosen", locality: "us/a");
        chosen.Labels["version"] = "v2";
        var bench = new ClusterBench(cluster) { Client = new ClientPlace(Locality.Parse("eu/a"), ImmutableDictionary<string, string>.Empty) };
        bench.Apply(near, chosen);
        Assert.Equal(["chosen"], bench.Count(50).Keys);
    }

    /// <summary>Only where one was tried already, and never so that nobody is left.</summary>
    [Fact]
    public void Locality_LeftByFurtherTries_GivesAnotherOneAsLongAsThereIsOne()
    {
        var cluster = ClusterBench.Of(Kind.Random);
        cluster.Locality = new LocalityPolicy { Enabled = true };
        var bench = new ClusterBench(cluster) { Client = new ClientPlace(Locality.Parse("eu/a"), ImmutableDictionary<string, string>.Empty) };
        bench.Apply(ClusterBench.Endpoint("eu-a1", locality: "eu/a"), ClusterBench.Endpoint("eu-a2", locality: "eu/a"), ClusterBench.Endpoint("us-a", locality: "us/a"));
        var tried = default(TriedEndpoints);
        EndpointModel? Next(bool leaves) => bench.State.Pick(new PickContext(bench.Now, 5, LeavesLocality: leaves), tried).Endpoint;
        tried.Add(Next(true)!);
        Assert.StartsWith("eu-a", bench.State.Endpoints.Single(e => tried.Contains(e)).Address);
        Assert.StartsWith("eu-a", Next(false)!.Address);
        Assert.Equal("us-a", Next(true)!.Address);
        tried.Add(Next(true)!);
        Assert.StartsWith("eu-a", Next(true)!.Address);
    }

    /// <summary>An attempt that was given up counts as no failure; its time counts only where it says that the endpoint is slower than was known.</summary>
    [Theory]
    [InlineData(Kind.PeakEwma)]
    [InlineData(Kind.LeastRequest)]
    public void LetGo_Attempt_SaysOnlyThatItWouldHaveTakenLonger(Kind kind)
    {
        var bench = new ClusterBench(ClusterBench.Of(kind, new OutlierDetection { Consecutive5Xx = 1, MaxEjectionPercent = 100 }), ClusterBench.Endpoints(1));
        EndpointModel endpoint = bench.State.Endpoints[0];
        double Known() => kind is Kind.PeakEwma ? endpoint.State.LatencyAt(bench.Now, PeakEwmaPicker.Decay.Ticks) : endpoint.State.Mean;
        bench.State.Started(endpoint);
        bench.State.Ended(endpoint, new AttemptReport(200, Fault.None, TimeSpan.FromMilliseconds(50)), bench.Now);
        double known = Known();
        foreach ((int afterMs, bool counts) in new[] { (1, false), (500, true) })
        {
            bench.State.Started(endpoint);
            bench.State.LetGo(endpoint, TimeSpan.FromMilliseconds(afterMs), bench.Now);
            Assert.Equal(counts, Known() > known);
            Assert.False(endpoint.State.IsEjected);
            Assert.Equal(0, endpoint.State.Active);
        }
    }

    [Theory]
    [InlineData("istio-locality=eu.a.1,topology.kubernetes.io/region=us", "eu/a/1")]
    [InlineData("topology.kubernetes.io/region=us,topology.kubernetes.io/zone=b", "us/b")]
    [InlineData("app=x", "")]
    public void ClientPlace_LocalityUnknown_ReadsLabels(string labels, string locality)
    {
        var read = labels.Split(',').Select(l => l.Split('=')).ToImmutableDictionary(l => l[0], l => l[1]);
        Assert.Equal(locality, new ClientPlace(Locality.Unknown, read).Locality.ToString());
    }

    private static ClusterBench Placed(Cluster cluster, string client)
    {
        var bench = new ClusterBench(cluster) { Client = new ClientPlace(Locality.Parse(client), ImmutableDictionary<string, string>.Empty) };
        bench.Apply(
            ClusterBench.Endpoint("eu-a", locality: "eu/a/1"), ClusterBench.Endpoint("eu-b", locality: "eu/b/1"),
            ClusterBench.Endpoint("us-a", locality: "us/a/1"), ClusterBench.Endpoint("as-a", locality: "as/a/1"));
        return bench;
    }

    [Fact]
    public void Apply_ClusterAlone_KeepsEndpointsAndWhatIsKnownOfThem()
    {
        var bench = new ClusterBench(ClusterBench.Of(Balancer.Types.Kind.RoundRobin), ClusterBench.Endpoints(2));
        var before = bench.State.Endpoints[0];
        before.Described("before", static (_, text) => text);
        bench.State.Started(before);

        bench.State.Apply(BalancerModel.Compile(ClusterBench.Of(Balancer.Types.Kind.Random)), ClientPlace.Unknown, bench.Now);

        var after = bench.State.Endpoints[0];
        Assert.Equal(["10.0.0.1", "10.0.0.2"], bench.State.Endpoints.Select(e => e.Address));
        Assert.Equal(Balancer.Types.Kind.Random, bench.State.Balancer.Kind);
        Assert.Equal(1, after.State.Active);
        Assert.Equal("after", after.Described("after", static (_, text) => text)); // what hangs on the cluster is made anew
    }
}
