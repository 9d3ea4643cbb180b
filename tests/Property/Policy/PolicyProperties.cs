using System.Text;
using CsCheck;
using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Primitives.Expressions;
using Weft.Policy.Limits;
using Weft.Policy.Retries;
using Weft.Policy.Routing;

namespace Weft.Property.Policy;

public sealed class PolicyProperties
{
    private static readonly Gen<string> Paths = Of("/", "/a", "/a/b", "/ab", "/a/b/c", "/b", "/B", "", "/a/longer/b", "/longer/LONGER/x", "/longerx");
    private static readonly Gen<string> Values = Of("x", "y", "xy", "");

    private static readonly Gen<StringMatch> Texts = Gen.Select(Gen.Int[0, 8], Of("/", "/a", "/a/", "/a/b", "/b", "x", "y", "/longer", "longer/b"), Gen.Bool, Gen.Int[0, 5]).Select(
        (kind, operand, ignoreCase, invert) =>
        {
            var match = kind switch
            {
                0 => new StringMatch { Prefix = operand },
                1 => new StringMatch { PathPrefix = operand },
                2 => new StringMatch { Suffix = operand },
                3 => new StringMatch { Regex = operand + ".*" },
                4 => new StringMatch { Present = true },
                7 => new StringMatch { Regex = ".*" + operand + "(/.*)?" },
                8 => new StringMatch { Regex = "/[a-z]*" + operand + "|" + operand },
                _ => new StringMatch { Exact = operand },
            };
            (match.IgnoreCase, match.Invert) = (ignoreCase && invert == 1, invert == 0);
            return match;
        });

    private static readonly Gen<RouteMatch> Matches = Gen.Select(Gen.Int[0, 3], Texts, Texts, Gen.Bool).Select((what, path, value, missingIsEmpty) =>
    {
        var match = new RouteMatch();
        match.Path = (what & 1) == 0 ? path : null;
        if (what >= 2)
        {
            match.Headers.Add(new HeaderMatch { Name = "h", Value = value, MissingIsEmpty = missingIsEmpty });
        }

        return match;
    });

    /// <summary>The index must give what trying every route in order gives, which is how explain finds it.</summary>
    [Fact]
    public void Decide_AnyRoutes_AgreesWithTryingAllInOrder() => Gen.Select(Matches.Array[0, 2].Array[1, 60], Paths, Values.Null()).Sample(
        (routes, path, header) =>
        {
            var host = new VirtualHost { Hosts = { "*" } };
            host.Routes.AddRange(routes.Select((m, i) => new Route
            {
                Matches = { m },
                Forward = new Forward { Clusters = { new WeightedCluster { Cluster = $"{i}" } } },
            }));
            var table = RouteTable.Compile(new RouteSet { VirtualHosts = { host } });
            var request = new Request(path, header);
            return table.Decide(request, 1).Route == table.Explain(request).Route;
        },
        iter: 20_000);

    [Fact]
    public void Destinations_Weights_Converge() => Gen.UInt[0, 100].Array[2, 8].Where(w => w.Sum(x => x) > 0).Sample(
        weights =>
        {
            var route = new Route { Forward = new Forward { Clusters = { weights.Select((w, i) => new WeightedCluster { Cluster = $"{i}", Weight = w }) } } };
            var table = RouteTable.Compile(new RouteSet { VirtualHosts = { new VirtualHost { Hosts = { "*" }, Routes = { route } } } });
            const int Requests = 20_000;
            double[] counts = new double[weights.Length];
            for (int i = 0; i < Requests; i++)
            {
                counts[int.Parse(table.Decide(new Request("/", null), Primitives.Draw.Mix(5, (uint)i)).Destination!.Cluster)]++;
            }

            double sum = weights.Sum(w => (double)w);
            double chiSquare = counts.Zip(weights).Where(p => p.Second > 0).Sum(p => Math.Pow(p.First - (Requests * p.Second / sum), 2) / (Requests * p.Second / sum));
            return chiSquare < 45 && counts.Zip(weights).All(p => p.Second > 0 || p.First == 0);
        },
        iter: 50,
        seed: "0000KT4vOgW0");

    [Fact]
    public void Faults_DelayAndAbort_AreIndependent()
    {
        var route = new Route
        {
            Forward = new Forward { Clusters = { new WeightedCluster { Cluster = "c" } } },
            Fault = new FaultInjection
            {
                Delay = new FaultInjection.Types.Delay { Percent = new Fraction { Ppm = 500_000 }, Duration = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) },
                Abort = new FaultInjection.Types.Abort { Percent = new Fraction { Ppm = 200_000 }, HttpStatus = 500 },
            },
        };
        var table = RouteTable.Compile(new RouteSet { VirtualHosts = { new VirtualHost { Hosts = { "*" }, Routes = { route } } } });
        const int Requests = 100_000;
        int delayed = 0;
        int aborted = 0;
        int both = 0;
        for (int i = 0; i < Requests; i++)
        {
            var fault = table.Decide(new Request("/", null), Primitives.Draw.Mix(11, (uint)i)).Fault;
            delayed += fault.Delay > TimeSpan.Zero ? 1 : 0;
            aborted += fault.Aborts ? 1 : 0;
            both += fault.Delay > TimeSpan.Zero && fault.Aborts ? 1 : 0;
        }

        Assert.InRange(delayed, 49_000, 51_000);
        Assert.InRange(aborted, 19_300, 20_700);
        Assert.InRange(both, 9_500, 10_500);
    }

    /// <summary>Everything fails, every request wants all of its retries: what reaches the upstream stays near what the budget says.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Budget_FullOutage_BoundsRetries(bool windowed)
    {
        var load = new ClusterLoadState();
        load.Configure(null, windowed ? new RetryBudget { Percent = 20, MinPerSecond = 1 } : new RetryBudget { Percent = 20, MinConcurrent = 3 });
        var now = TimeSpan.FromHours(1);
        int retries = 0;
        const int Requests = 10_000;
        const int InFlight = 100;
        for (int i = 0; i < Requests / InFlight; i++)
        {
            // A hundred requests fail together, each tries three times more.
            now += TimeSpan.FromMilliseconds(100);
            int held = 0;
            for (int r = 0; r < InFlight; r++)
            {
                load.TryAcquireRequest(now);
            }

            for (int r = 0; r < InFlight * 3; r++)
            {
                held += load.TryAcquireRetry(now) ? 1 : 0;
            }

            retries += held;
            for (int r = 0; r < InFlight; r++)
            {
                load.ReleaseRequest();
            }

            for (; held > 0; held--)
            {
                load.ReleaseRetry();
            }
        }

        Assert.InRange(retries, Requests * 0.15, (Requests * 0.20) + 60);
    }

    [Fact]
    public void RateLimit_AnyArrivals_NeverMoreThanBurstPlusRate() => Gen.Select(Gen.Int[1, 50], Gen.Int[1, 20], Gen.Int[0, 200].Array[200]).Sample((rate, burst, pauses) =>
    {
        var limit = new RateLimitState(new RateLimitModel(rate, burst));
        var start = TimeSpan.FromHours(1);
        var now = start;
        int taken = 0;
        foreach (int pause in pauses)
        {
            now += TimeSpan.FromMilliseconds(pause);
            taken += limit.TryTake(now, out _) ? 1 : 0;
        }

        return taken <= burst + (rate * (now - start).TotalSeconds) + 1;
    });

    [Fact]
    public void Regex_AnyPatternAndText_NeverThrowsAndEnds()
    {
        var noise = Gen.OneOf(Gen.String[0, 30], Gen.Int.Select(seed => Re2Samples.RandomPattern(new Random(seed))));
        Gen.Select(noise, Gen.Byte.Array[0, 40]).Sample(
            (pattern, text) =>
            {
                if (Re2.TryParse(pattern, out var regex, out string? error))
                {
                    regex.IsMatch(text);
                    byte[] space = new byte[1_000];
                    return regex.CheckSubstitution("<\\0>") is not null || regex.ReplaceAll(text, "<\\0>"u8, space) >= 0;
                }

                return error.EndsWith('.');
            },
            iter: 30_000);
    }

    [Theory]
    [InlineData("(a*)*b")]
    [InlineData("(a|aa)+$")]
    [InlineData("(.*)(.*)(.*)(.*)(.*)x")]
    [InlineData("(?:a?){200}a{200}")]
    [InlineData("(.*a.{12})*z")] // more states than the automaton may keep
    public void Regex_PathologicalPattern_StaysLinear(string pattern)
    {
        Assert.True(Re2.TryParse(pattern, out var regex, out _));
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 5_000).Select(i => (i * i % 7) > 3 ? 'a' : 'c')));
        Assert.False(regex.IsMatch(text));
        Assert.Equal(5_000, regex.ReplaceAll(text, "x"u8, new byte[10_000]) > 0 ? 5_000 : 0);
    }

    [Theory]
    [InlineData("/api/(v1|v2)/[^/]+/.*")]
    [InlineData("(.*a.{12})*z")]
    [InlineData("\\bfoo\\b.*")]
    public void Regex_Warm_AllocatesNothing(string pattern)
    {
        Assert.True(Re2.TryParse(pattern, out var regex, out _));
        byte[] text = Encoding.ASCII.GetBytes("/api/v2/aabacabaacaabcabacabaabacabaaabcaabacabaaaabacabab/x");
        byte[] space = new byte[1_000];
        long before = 0;
        for (int i = 0; i < 400; i++)
        {
            before = i == 200 ? GC.GetAllocatedBytesForCurrentThread() : before;
            regex.IsMatch(text);
            regex.ReplaceAll(text, "<\\1>"u8, space);
        }

        Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private readonly ref struct Request(string path, string? header) : IRequestFacts
    {
        private readonly ReadOnlySpan<byte> _path = Encoding.UTF8.GetBytes(path);
        private readonly ReadOnlySpan<byte> _header = header is null ? default : Encoding.UTF8.GetBytes(header);
        private readonly bool _hasHeader = header is not null;

        public ReadOnlySpan<byte> Method => "GET"u8;

        public ReadOnlySpan<byte> Path => _path;

        public ReadOnlySpan<byte> Query => default;

        public ReadOnlySpan<byte> Authority => "a"u8;

        public ReadOnlySpan<byte> Scheme => "http"u8;

        public int Port => 80;

        public IpValue RemoteAddress => default;

        public ReadOnlySpan<byte> RequestPrincipal => default;

        public bool TryGetHeader(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value)
        {
            value = _header;
            return _hasHeader && lowerCaseName.SequenceEqual("h"u8);
        }

        public bool TryGetClaim(ReadOnlySpan<byte> name, int index, out ReadOnlySpan<byte> value)
        {
            value = default;
            return false;
        }
    }

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
