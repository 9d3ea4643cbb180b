using Weft.Proxy.Overload;
using Weft.Transport;

namespace Weft.Unit.Proxy.Overload;

public sealed class OverloadLadderTests
{
    private static readonly OverloadLimits Limits = new() { MemoryBytes = 1_000, Descriptors = 100, Connections = 10 };

    [Fact]
    public void Move_PressureRises_GoesAsFarAsItAsksAtOnce()
    {
        var ladder = new OverloadLadder();
        Assert.False(ladder.Move(0.79));
        Assert.True(ladder.Move(0.94));
        Assert.Equal(OverloadStep.RefuseRequests, ladder.Step);
        Assert.True(ladder.Move(1.5));
        Assert.Equal(OverloadStep.StopAccepting, ladder.Step);
    }

    [Fact]
    public void Move_PressureFalls_LeavesEachStepBelowWhereItBegan()
    {
        var ladder = new OverloadLadder();
        ladder.Move(0.98);
        Assert.False(ladder.Move(0.93)); // 0.97 - 0.05 is not reached yet
        Assert.True(ladder.Move(0.91));
        Assert.Equal(OverloadStep.RefuseRequests, ladder.Step);
        Assert.False(ladder.Move(0.90));
        OverloadStep[] down = [.. Enumerable.Range(0, 4).Select(_ =>
        {
            ladder.Move(0);
            return ladder.Step;
        })];
        Assert.Equal([OverloadStep.CloseConnections, OverloadStep.Conserve, OverloadStep.None, OverloadStep.None], down);
    }

    [Theory]
    [InlineData(500, 10, 1, "memory", 0.5)]
    [InlineData(500, 60, 1, "descriptors", 0.6)]
    [InlineData(500, 60, 9, "connections", 0.9)]
    public void Measure_SeveralLimits_TheNearestCounts(long memory, long descriptors, int connections, string of, double share) =>
        Assert.Equal(new Pressure(share, of), Pressure.Measure(new ResourceUse(memory, descriptors, connections), Limits));

    [Fact]
    public void Measure_NoLimit_IsNoPressure() =>
        Assert.Equal(0, Pressure.Measure(new ResourceUse(long.MaxValue, long.MaxValue, int.MaxValue), new OverloadLimits()).Share);
}
