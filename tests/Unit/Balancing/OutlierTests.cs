using Google.Protobuf.WellKnownTypes;
using Weft.Balancing;
using Weft.Model.V1;
using Kind = Weft.Model.V1.Balancer.Types.Kind;

namespace Weft.Unit.Balancing;

public sealed class OutlierTests
{
    /// <summary>Settings, statuses in a row (0: refused), and whether the last one ejects.</summary>
    public static TheoryData<OutlierDetection, int[], bool> Sequences { get; } = new()
    {
        { new() { Consecutive5Xx = 3 }, [500, 500, 500], true },
        { new() { Consecutive5Xx = 3 }, [500, 500, 200, 500, 500], false },
        { new() { Consecutive5Xx = 3 }, [500, 0, 503], true },
        { new() { Consecutive5Xx = 3 }, [404, 429, 499, 404], false },
        { new() { Consecutive5Xx = 3, ErrorStatuses = { 429 } }, [429, 429, 429], true },
        { new() { ConsecutiveGatewayErrors = 2 }, [502, 504], true },
        { new() { ConsecutiveGatewayErrors = 2 }, [502, 500, 504], false },
        { new() { ConsecutiveGatewayErrors = 2 }, [0, 0], true },
        { new() { Consecutive5Xx = 2, SplitLocalErrors = true, ConsecutiveLocalErrors = 3 }, [0, 0], false },
        { new() { Consecutive5Xx = 2, SplitLocalErrors = true, ConsecutiveLocalErrors = 3 }, [0, 0, 0], true },
        { new() { Consecutive5Xx = 2, SplitLocalErrors = true, ConsecutiveLocalErrors = 3 }, [0, 0, 404, 0], false },
        { new(), [500, 500, 500, 500, 500, 500, 500], false },
    };

    [Theory]
    [MemberData(nameof(Sequences))]
    public void Ended_InARow_EjectsAsConfigured(OutlierDetection outlier, int[] statuses, bool ejects)
    {
        var bench = new ClusterBench(ClusterBench.Of(Kind.Random, outlier), ClusterBench.Endpoints(3));
        foreach (int status in statuses[..^1])
        {
            Assert.False(bench.Answer("10.0.0.1", status));
        }

        Assert.Equal(ejects, bench.Answer("10.0.0.1", statuses[^1]));
        Assert.Equal(!ejects, bench.Count(200).ContainsKey("10.0.0.1"));
    }

    [Fact]
    public void Ejection_EachTimeLonger_AndShorterAfterGoodIntervals()
    {
        var outlier = new OutlierDetection { Consecutive5Xx = 1, BaseEjection = Seconds(30), Interval = Seconds(10) };
        var bench = new ClusterBench(ClusterBench.Of(Kind.Random, outlier), ClusterBench.Endpoints(3));
        foreach (int seconds in (int[])[30, 60, 90])
        {
            Assert.True(bench.Answer("10.0.0.1", 500));
            bench.Now += TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1);
            Assert.DoesNotContain("10.0.0.1", bench.Count(100).Keys);
            bench.Now += TimeSpan.FromTicks(1);
            Assert.Contains("10.0.0.1", bench.Count(100).Keys);
        }

        bench.Now += TimeSpan.FromSeconds(20); // two good intervals: two steps back
        Assert.True(bench.Answer("10.0.0.1", 500));
        Assert.Equal(bench.Now + TimeSpan.FromSeconds(60), bench.State.Endpoints[0].State.EjectedUntil);
    }

    [Fact]
    public void Ejection_Time_IsCapped()
    {
        var model = new OutlierModel(new OutlierDetection());
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(300)), (model.EjectionTime(1), model.EjectionTime(1_000)));
        Assert.Equal(TimeSpan.FromHours(1), new OutlierModel(new OutlierDetection { BaseEjection = Seconds(3600) }).EjectionTime(5));
    }

    [Fact]
    public void Ejection_MaxPercent_KeepsTheOthersIn()
    {
        var bench = new ClusterBench(ClusterBench.Of(Kind.Random, new OutlierDetection { Consecutive5Xx = 1, MaxEjectionPercent = 50 }), ClusterBench.Endpoints(4));
        Assert.True(bench.Answer("10.0.0.1", 500));
        Assert.True(bench.Answer("10.0.0.2", 500));
        Assert.False(bench.Answer("10.0.0.3", 500));
        Assert.Equal(2, bench.Count(200).Count);
    }

    [Fact]
    public void Ejection_BelowMinHealth_IsPassedOver()
    {
        var outlier = new OutlierDetection { Consecutive5Xx = 1, MaxEjectionPercent = 100, MinHealthPercent = 50 };
        foreach (var kind in (Kind[])[Kind.Random, Kind.RingHash])
        {
            var bench = new ClusterBench(ClusterBench.Of(kind, outlier), ClusterBench.Endpoints(4));
            Assert.True(bench.Answer("10.0.0.1", 500));
            Assert.True(bench.Answer("10.0.0.2", 500));
            Assert.Equal(2, bench.Count(500).Count);
            Assert.True(bench.Answer("10.0.0.3", 500));
            Assert.Equal(4, bench.Count(500).Count);
        }
    }

    [Fact]
    public void Ejection_AcrossApply_Lasts()
    {
        var bench = new ClusterBench(ClusterBench.Of(Kind.Random, new OutlierDetection { Consecutive5Xx = 1 }), ClusterBench.Endpoints(3));
        Assert.True(bench.Answer("10.0.0.1", 500));
        bench.Apply(ClusterBench.Endpoints(4));
        Assert.DoesNotContain("10.0.0.1", bench.Count(200).Keys);
    }

    [Fact]
    public void Ejection_OutlierTurnedOff_EndsAtOnce()
    {
        var bench = new ClusterBench(ClusterBench.Of(Kind.Random, new OutlierDetection { Consecutive5Xx = 1 }), ClusterBench.Endpoints(3));
        Assert.True(bench.Answer("10.0.0.1", 500));
        bench.Cluster.Outlier = null;
        bench.Apply(ClusterBench.Endpoints(3));
        Assert.Contains("10.0.0.1", bench.Count(200).Keys);
    }

    private static Duration Seconds(int seconds) => Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds));
}
