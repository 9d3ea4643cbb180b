using Weft.Model.V1;
using Kind = Weft.Model.V1.Balancer.Types.Kind;

namespace Weft.Unit.Balancing;

public sealed class HealthTests
{
    [Theory]
    [InlineData(Kind.Random)]
    [InlineData(Kind.RoundRobin)]
    [InlineData(Kind.LeastRequest)]
    [InlineData(Kind.RingHash)]
    [InlineData(Kind.Maglev)]
    public void SetHealth_Unhealthy_IsNotPickedUntilHealthyAgain(Kind kind)
    {
        ClusterBench bench = Bench(kind);
        Tell(bench, "10.0.0.1", false);
        Assert.DoesNotContain("10.0.0.1", bench.Count(200).Keys);
        Tell(bench, "10.0.0.1", true);
        Assert.Contains("10.0.0.1", bench.Count(200).Keys);
    }

    [Fact]
    public void SetHealth_AllUnhealthy_NobodyIsPicked()
    {
        ClusterBench bench = Bench(Kind.Random);
        Array.ForEach(["10.0.0.1", "10.0.0.2", "10.0.0.3"], a => Tell(bench, a, false));
        Assert.Equal(["none"], bench.Count(10).Keys);
    }

    /// <summary>The threshold below which ejections are passed over holds for health checks too.</summary>
    [Fact]
    public void SetHealth_FewerHealthyThanMinHealthPercent_AllArePicked()
    {
        ClusterBench bench = Bench(Kind.Random, new OutlierDetection { MinHealthPercent = 50 });
        Tell(bench, "10.0.0.1", false);
        Assert.Equal(2, bench.Count(200).Count);
        Tell(bench, "10.0.0.2", false);
        Assert.Equal(3, bench.Count(200).Count);
    }

    [Fact]
    public void Apply_NewEndpoint_IsHealthyAndKnownOnesKeepTheirs()
    {
        ClusterBench bench = Bench(Kind.Random);
        Tell(bench, "10.0.0.1", false);
        bench.Apply(ClusterBench.Endpoints(4));
        Assert.Equal(["10.0.0.2", "10.0.0.3", "10.0.0.4"], bench.Count(300).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Apply_WithoutAHealthCheck_BringsEverybodyBack()
    {
        ClusterBench bench = Bench(Kind.Random);
        Tell(bench, "10.0.0.1", false);
        bench.Cluster.HealthCheck = null;
        bench.Apply(ClusterBench.Endpoints(3));
        Assert.Contains("10.0.0.1", bench.Count(200).Keys);
        Tell(bench, "10.0.0.1", false); // of a probe that was under way
        Assert.Contains("10.0.0.1", bench.Count(200).Keys);
    }

    /// <summary>Both keep it out, and the end of one does not bring it back.</summary>
    [Fact]
    public void SetHealth_OfAnEjectedEndpoint_OutlastsTheEjection()
    {
        ClusterBench bench = Bench(Kind.Random, new OutlierDetection { Consecutive5Xx = 1 });
        Assert.True(bench.Answer("10.0.0.1", 500));
        Tell(bench, "10.0.0.1", false);
        bench.Now += TimeSpan.FromHours(1);
        Assert.DoesNotContain("10.0.0.1", bench.Count(200).Keys);
        Assert.Equal(1, bench.State.Ejections);
    }

    private static ClusterBench Bench(Kind kind, OutlierDetection? outlier = null)
    {
        Cluster cluster = ClusterBench.Of(kind, outlier);
        cluster.HealthCheck = new HealthCheck { Tcp = new HealthCheck.Types.Tcp() };
        return new ClusterBench(cluster, ClusterBench.Endpoints(3));
    }

    private static void Tell(ClusterBench bench, string address, bool healthy) =>
        bench.State.SetHealth(bench.State.Endpoints.Single(e => e.Address == address), healthy, "told", bench.Now);
}
