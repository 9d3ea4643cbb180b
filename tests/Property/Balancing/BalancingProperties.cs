using CsCheck;
using Weft.Balancing;
using Weft.Model.V1;
using Weft.Primitives;
using Kind = Weft.Model.V1.Balancer.Types.Kind;

namespace Weft.Property.Balancing;

public sealed class BalancingProperties
{
    private static readonly Gen<uint[]> Weights = Gen.UInt[1, 20].Array[2, 12];

    [Theory]
    [InlineData(Kind.RoundRobin)]
    [InlineData(Kind.Random)]
    [InlineData(Kind.LeastRequest)]
    [InlineData(Kind.PeakEwma)]
    public void Weights_WithoutLoad_Converge(Kind kind) => Weights.Sample(
        weights =>
        {
            // All equally fast and idle; the two best of peak EWMA are told apart by weight alone, so there weights are equal.
            uint[] used = kind is Kind.PeakEwma ? [.. weights.Select(_ => 1u)] : weights;
            var state = Make(kind, [.. used.Select((w, i) => Endpoint(i, w))]);
            const int Picks = 20_000;
            double[] counts = new double[used.Length];
            ulong random = 42;
            for (int i = 0; i < Picks; i++)
            {
                random = Draw.Mix(random, 1);
                counts[Index(state.Pick(new PickContext(TimeSpan.FromHours(1), random), default).Endpoint)]++;
            }

            double total = used.Sum(w => (double)w);
            double chiSquare = counts.Zip(used, (c, w) => Math.Pow(c - (Picks * w / total), 2) / (Picks * w / total)).Sum();
            return chiSquare < 50; // 11 degrees of freedom at most: beyond p = 0.000001
        },
        iter: 60,
        seed: "0000KT4vOgW0");

    [Theory]
    [InlineData(Kind.RingHash)]
    [InlineData(Kind.Maglev)]
    public void Hash_OneEndpointLeaves_FewKeysMove(Kind kind) => Gen.Int[3, 20].Sample(
        count =>
        {
            var before = Make(kind, [.. Enumerable.Range(0, count).Select(i => Endpoint(i, 1))]);
            var after = Make(kind, [.. Enumerable.Range(0, count - 1).Select(i => Endpoint(i, 1))]);
            const int Keys = 5_000;
            int moved = Enumerable.Range(0, Keys).Count(k => Owner(before, k) != Owner(after, k));
            return moved <= Keys * ((1.0 / count) + 0.10);
        },
        iter: 8);

    [Theory]
    [InlineData(Kind.RingHash, 0.20)]
    [InlineData(Kind.Maglev, 0.06)]
    public void Hash_ManyKeys_SpreadEvenly(Kind kind, double tolerance)
    {
        var state = Make(kind, [.. Enumerable.Range(0, 8).Select(i => Endpoint(i, 1))]);
        const int Keys = 80_000;
        var shares = Enumerable.Range(0, Keys).GroupBy(k => Owner(state, k)).Select(g => g.Count() * 8.0 / Keys).ToList();
        Assert.Equal(8, shares.Count);
        Assert.All(shares, s => Assert.InRange(s, 1 - tolerance, 1 + tolerance));
    }

    [Fact]
    public void Hash_OrderOfEndpoints_MakesNoDifference() => Gen.Shuffle(Enumerable.Range(0, 9).ToArray()).Sample(
        order =>
        {
            var sorted = Make(Kind.Maglev, [.. Enumerable.Range(0, 9).Select(i => Endpoint(i, 1))]);
            var shuffled = Make(Kind.Maglev, [.. order.Select(i => Endpoint(i, 1))]);
            return Enumerable.Range(0, 300).All(k => Owner(sorted, k) == Owner(shuffled, k));
        },
        iter: 5);

    [Theory]
    [InlineData(Kind.LeastRequest, 0.30)]
    [InlineData(Kind.PeakEwma, 0.08)]
    public void Load_OneSlowEndpoint_IsShunned(Kind kind, double shareMax)
    {
        // Ten endpoints answer in 5 ms, one in 500 ms; a request begins every millisecond on a clock of its own.
        var state = Make(kind, [.. Enumerable.Range(0, 11).Select(i => Endpoint(i, 1))]);
        var running = new PriorityQueue<(EndpointModel Endpoint, TimeSpan Took), TimeSpan>();
        var now = TimeSpan.FromHours(1);
        ulong random = 7;
        int slow = 0;
        const int Requests = 20_000;
        for (int i = 0; i < Requests; i++)
        {
            now += TimeSpan.FromMilliseconds(1);
            while (running.TryPeek(out var done, out var at) && at <= now)
            {
                running.Dequeue();
                state.Ended(done.Endpoint, new AttemptReport(200, Fault.None, done.Took), at);
            }

            random = Draw.Mix(random, 1);
            var endpoint = state.Pick(new PickContext(now, random), default).Endpoint!;
            state.Started(endpoint);
            bool isSlow = Index(endpoint) == 0;
            slow += isSlow ? 1 : 0;
            var took = TimeSpan.FromMilliseconds(isSlow ? 500 : 5);
            running.Enqueue((endpoint, took), now + took);
        }

        // An equal share would be 1/11.
        Assert.True(slow < Requests * shareMax / 11, $"the slow endpoint got {slow} of {Requests}");
    }

    [Fact]
    public void Outlier_AnyReports_NeverEjectsBeyondItsLimit() => Gen.Select(Gen.Int[1, 12], Gen.Int[1, 100], Gen.Select(Gen.Int[0, 11], Of(0, 200, 500, 503), Gen.Int[0, 40_000]).Array[300]).Sample(
        (count, percent, reports) =>
        {
            var state = Make(Kind.Random, [.. Enumerable.Range(0, count).Select(i => Endpoint(i, 1))], new OutlierDetection { Consecutive5Xx = 2, MaxEjectionPercent = (uint)percent });
            var now = TimeSpan.FromHours(1);
            foreach (var (index, status, pause) in reports)
            {
                now += TimeSpan.FromMilliseconds(pause);
                var endpoint = state.Endpoints[index % count];
                state.Started(endpoint);
                state.Ended(endpoint, new AttemptReport(status, status == 0 ? Fault.UpstreamReset : Fault.None, TimeSpan.FromMilliseconds(1)), now);
                int ejected = state.Endpoints.Count(e => e.State.IsEjected);

                // The last one that is ejected may cross the line, as in Envoy: below it before.
                if ((ejected - 1) * 100 >= percent * count && ejected > 0)
                {
                    return false;
                }

                var picked = state.Pick(new PickContext(now, Draw.Mix((ulong)pause, 3)), default).Endpoint;
                if (picked is { State.IsEjected: true } || (picked is null && state.Endpoints.Any(e => !e.State.IsEjected)))
                {
                    return false;
                }
            }

            return state.Endpoints.All(e => e.State.Active == 0);
        },
        iter: 50);

    /// <summary>Near endpoints have everything while they are healthy, share with far ones as they fail, lose all when all are out, and have it back by the documented time.</summary>
    [Fact]
    public void Locality_NearEndpointsFail_GoesOverAndBack() => Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.Int[0, 1_000]).Sample((near, far, seed) =>
    {
        var cluster = new Cluster
        {
            Balancer = new Balancer { Kind = Kind.RoundRobin }, Locality = new LocalityPolicy { Enabled = true },
            Outlier = new OutlierDetection { Consecutive5Xx = 1, MaxEjectionPercent = 100, BaseEjection = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(30)) },
        };
        var set = new EndpointSet();
        set.Endpoints.AddRange(Enumerable.Range(0, near).Select(i => At(Endpoint(i, 1), "eu/a")).Concat(Enumerable.Range(near, far).Select(i => At(Endpoint(i, 1), "us/b"))));
        var state = new ClusterBalancerState((ulong)seed);
        var now = TimeSpan.FromHours(1);
        state.Apply(cluster, set, new ClientPlace(Locality.Parse("eu/a"), System.Collections.Immutable.ImmutableDictionary<string, string>.Empty), now);
        double NearShare() => Enumerable.Range(0, 600).Count(i => state.Pick(new PickContext(now, Draw.Mix((ulong)seed, (uint)i)), default).Endpoint!.Locality.Region == "eu") / 600.0;
        bool before = NearShare() >= 1;
        foreach (EndpointModel endpoint in state.Endpoints.Where(e => e.Locality.Region == "eu").ToArray())
        {
            state.Started(endpoint);
            state.Ended(endpoint, new AttemptReport(503, Fault.None, TimeSpan.FromMilliseconds(1)), now);
        }

        bool over = NearShare() <= 0;
        now += TimeSpan.FromSeconds(29);
        bool stillOver = NearShare() <= 0;
        now += TimeSpan.FromSeconds(2);
        return before && over && stillOver && NearShare() >= 1;
    });

    private static Endpoint At(Endpoint endpoint, string locality)
    {
        endpoint.Locality = locality;
        return endpoint;
    }

    /// <summary>Picks, ejections and swaps from several threads: every pick gives an endpoint and nothing in flight is lost.</summary>
    [Theory]
    [InlineData(Kind.RoundRobin)]
    [InlineData(Kind.LeastRequest)]
    [InlineData(Kind.Maglev)]
    public void Threads_PickReportAndApply_LoseNothing(Kind kind)
    {
        Endpoint[] endpoints = [.. Enumerable.Range(0, 6).Select(i => Endpoint(i, (uint)(1 + (i % 3))))];
        var outlier = new OutlierDetection { Consecutive5Xx = 2, MaxEjectionPercent = 50 };
        var state = Make(kind, endpoints, outlier);
        int failed = 0;
        void Use(ulong random)
        {
            for (int i = 0; i < 20_000; i++)
            {
                random = Draw.Mix(random, 1);
                var now = TimeSpan.FromHours(1) + TimeSpan.FromMilliseconds(i * 10);
                if (i % 500 == 0)
                {
                    state.Apply(new Cluster { Balancer = new Balancer { Kind = kind }, Outlier = outlier }, new EndpointSet { Endpoints = { endpoints } }, ClientPlace.Unknown, now);
                }

                if (state.Pick(new PickContext(now, random), default).Endpoint is not { } endpoint)
                {
                    Interlocked.Increment(ref failed);
                    continue;
                }

                state.Started(endpoint);
                state.Ended(endpoint, new AttemptReport(random % 4 == 0 ? 500 : 200, Fault.None, TimeSpan.FromMilliseconds(1)), now);
            }
        }

        Parallel.Invoke(() => Use(1), () => Use(2), () => Use(3));
        Assert.Equal(0, failed);
        Assert.All(state.Endpoints, e => Assert.Equal(0, e.State.Active));
    }

    private static ClusterBalancerState Make(Kind kind, Endpoint[] endpoints, OutlierDetection? outlier = null)
    {
        var state = new ClusterBalancerState(3);
        state.Apply(new Cluster { Balancer = new Balancer { Kind = kind }, Outlier = outlier }, new EndpointSet { Endpoints = { endpoints } }, ClientPlace.Unknown, TimeSpan.FromHours(1));
        return state;
    }

    private static Endpoint Endpoint(int index, uint weight) => new() { Address = $"10.0.0.{index}", Port = 80, Weight = weight, Workload = $"default/w{index}" };

    private static int Index(EndpointModel? endpoint) => int.Parse(endpoint!.Address.AsSpan(endpoint.Address.LastIndexOf('.') + 1));

    private static string Owner(ClusterBalancerState state, int key) =>
        state.Pick(new PickContext(TimeSpan.FromHours(1), 1, XxHash64.Hash(BitConverter.GetBytes(key))), default).Endpoint!.Address;

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
