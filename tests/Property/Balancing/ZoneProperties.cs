using System.Collections.Immutable;
using CsCheck;
using Google.Protobuf.WellKnownTypes;
using Weft.Balancing;
using Weft.Model.V1;
using Weft.Primitives;
using Kind = Weft.Model.V1.Balancer.Types.Kind;

namespace Weft.Property.Balancing;

/// <summary>Zone-aware balancing: callers keep to their zone as far as all endpoints get the same, and where zones fail or return.</summary>
public sealed class ZoneProperties
{
    private const int Picks = 20_000;

    private static readonly Gen<int[]> Sizes = Gen.Int[1, 8].Array[2, 5].Where(s => s.Sum() >= 6);

    /// <summary>With as many callers in each zone, every endpoint of all zones gets the same from all of them together.</summary>
    [Fact]
    public void CallersOfAllZones_Together_LoadEveryEndpointAlike() => Sizes.Sample(
        sizes =>
        {
            double[] load = new double[sizes.Length];
            for (int caller = 0; caller < sizes.Length; caller++)
            {
                double[] shares = Shares(Make(sizes), sizes, caller);
                for (int zone = 0; zone < sizes.Length; zone++)
                {
                    load[zone] += shares[zone] / sizes.Length;
                }
            }

            return sizes.Select((s, i) => Math.Abs(load[i] - ((double)s / sizes.Sum()))).All(off => off < 0.02);
        },
        iter: 60);

    /// <summary>As Envoy's: a zone with its fair part or more keeps all; a smaller one keeps what it can take, and the rest goes by what others have to spare.</summary>
    [Theory]
    [InlineData(new[] { 4, 4 }, 0, new[] { 1.0, 0.0 })]
    [InlineData(new[] { 6, 2 }, 0, new[] { 1.0, 0.0 })]
    [InlineData(new[] { 6, 2 }, 1, new[] { 0.5, 0.5 })]
    [InlineData(new[] { 1, 5, 3 }, 0, new[] { 1 / 3.0, 2 / 3.0, 0.0 })]
    [InlineData(new[] { 1, 4, 4 }, 0, new[] { 1 / 3.0, 1 / 3.0, 1 / 3.0 })]
    [InlineData(new[] { 0, 3, 3 }, 0, new[] { 0.0, 0.5, 0.5 })]
    public void Shares_OfACaller_SpillByWhatOthersHaveToSpare(int[] sizes, int caller, double[] expected)
    {
        double[] shares = Shares(Make(sizes), sizes, caller);
        double chiSquare = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            Assert.True(expected[i] > 0 || shares[i] <= 0, $"zone {i} got {shares[i]} of nothing");
            chiSquare += expected[i] > 0 ? Math.Pow((shares[i] - expected[i]) * Picks, 2) / (Picks * expected[i]) : 0;
        }

        Assert.True(chiSquare < 30, string.Join(", ", shares)); // two degrees of freedom at most: beyond p = 0.000001
    }

    /// <summary>All of the caller's zone fails: the others take it, evenly; it returns: all is as before.</summary>
    [Theory]
    [InlineData(Kind.RoundRobin)]
    [InlineData(Kind.LeastRequest)]
    [InlineData(Kind.PeakEwma)]
    public void Zone_FailsAndReturns_GoesOverAndBack(Kind kind)
    {
        int[] sizes = [4, 4, 4];
        var cluster = Cluster(kind, new OutlierDetection { Consecutive5Xx = 1, MaxEjectionPercent = 100, BaseEjection = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)) });
        var now = TimeSpan.FromHours(1);
        var state = Make(sizes, cluster);
        double[] before = Shares(state, sizes, caller: 0, now, cluster);
        Assert.Equal(new[] { 1.0, 0.0, 0.0 }, before);
        foreach (EndpointModel endpoint in state.Endpoints.Where(e => e.Locality.Zone == "z0").ToArray())
        {
            state.Started(endpoint);
            state.Ended(endpoint, new AttemptReport(503, Fault.None, TimeSpan.FromMilliseconds(1)), now);
        }

        double[] during = Shares(state, sizes, caller: null, now, cluster);
        Assert.Equal(0.0, during[0]);
        Assert.InRange(during[1], 0.47, 0.53);
        Assert.Equal(before, Shares(state, sizes, caller: null, now + TimeSpan.FromSeconds(31), cluster));
    }

    [Fact]
    public void Zones_FewEndpoints_AreNotLookedAt()
    {
        int[] sizes = [2, 3];
        double[] shares = Shares(Make(sizes), sizes, caller: 0);
        Assert.InRange(shares[0], 0.38, 0.42);
    }

    /// <summary>Other regions are there for failover, however near full the own one is.</summary>
    [Fact]
    public void Zones_OfAnotherRegion_GetNothingWhileTheOwnIsWell()
    {
        var cluster = Cluster(Kind.Random, null);
        var set = new EndpointSet();
        set.Endpoints.AddRange(Enumerable.Range(0, 6).Select(i => At(i, "eu/z0")).Concat(Enumerable.Range(6, 20).Select(i => At(i, "us/z0"))));
        var state = new ClusterBalancerState(3);
        state.Apply(cluster, set, Place("eu/z0"), TimeSpan.FromHours(1));
        Assert.All(Enumerable.Range(0, 500), i => Assert.Equal("eu", state.Pick(new PickContext(TimeSpan.FromHours(1), Draw.Mix(9, (uint)i)), default).Endpoint!.Locality.Region));
    }

    private static Cluster Cluster(Kind kind, OutlierDetection? outlier) => new()
    {
        Balancer = new Balancer { Kind = kind }, Outlier = outlier, ZoneAware = new ZoneAware { Enabled = true, MinEndpoints = 6 },
    };

    private static EndpointSet Set(int[] sizes)
    {
        var set = new EndpointSet();
        int next = 0;
        for (int zone = 0; zone < sizes.Length; zone++)
        {
            for (int i = 0; i < sizes[zone]; i++)
            {
                set.Endpoints.Add(At(next++, $"eu/z{zone}"));
            }
        }

        return set;
    }

    private static ClusterBalancerState Make(int[] sizes, Cluster? cluster = null)
    {
        var state = new ClusterBalancerState(3);
        state.Apply(cluster ?? Cluster(Kind.Random, null), Set(sizes), Place("eu/z0"), TimeSpan.FromHours(1));
        return state;
    }

    /// <param name="caller">Null: who asked last.</param>
    private static double[] Shares(ClusterBalancerState state, int[] sizes, int? caller, TimeSpan? at = null, Cluster? cluster = null)
    {
        TimeSpan now = at ?? TimeSpan.FromHours(1);
        if (caller is { } zone)
        {
            state.Apply(cluster ?? Cluster(Kind.Random, null), Set(sizes), Place($"eu/z{zone}"), now);
        }

        double[] shares = new double[sizes.Length];
        for (int i = 0; i < Picks; i++)
        {
            string picked = state.Pick(new PickContext(now, Draw.Mix(11, (uint)i)), default).Endpoint!.Locality.Zone;
            shares[picked[1] - '0'] += 1.0 / Picks;
        }

        return [.. shares.Select(s => Math.Round(s, 6))];
    }

    private static ClientPlace Place(string locality) => new(Locality.Parse(locality), ImmutableDictionary<string, string>.Empty);

    private static Endpoint At(int index, string locality) => new() { Address = $"10.0.0.{index}", Port = 80, Weight = 1, Workload = $"default/w{index}", Locality = locality };
}
