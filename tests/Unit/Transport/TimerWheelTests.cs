using Weft.Transport;

namespace Weft.Unit.Transport;

public sealed class TimerWheelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(500)]
    [InlineData(8_192)]
    [InlineData(100_000)]
    public void Advance_OneTimer_FiresOnceNotEarlyAndAtMostATickLate(long after)
    {
        var wheel = new TimerWheel(1_000);
        var timer = new Recorder();
        wheel.Schedule(timer, 1_000 + after);
        long fired = 0;
        for (long now = 1_000; fired == 0 && now < 1_000 + after + 1_000; now += 7)
        {
            wheel.Advance(now);
            fired = timer.Count > 0 ? now : 0;
        }

        Assert.Equal(1, timer.Count);
        Assert.InRange(fired, 1_000 + after, 1_000 + after + (2 * TimerWheel.TickMs) + 7);
    }

    [Fact]
    public void Advance_AfterLongSleep_FiresAllThatAreDue()
    {
        var wheel = new TimerWheel(0);
        Recorder[] timers = [.. Enumerable.Range(1, 2_000).Select(_ => new Recorder())];
        for (int i = 0; i < timers.Length; i++)
        {
            wheel.Schedule(timers[i], (i + 1) * 10);
        }

        wheel.Advance(10_000);
        Assert.Equal(1_000, timers.Count(t => t.Count == 1), 3d);
        wheel.Advance(30_000);
        Assert.All(timers, t => Assert.Equal(1, t.Count));
        Assert.Equal(-1, wheel.UntilNext(30_000));
    }

    [Fact]
    public void Cancel_BeforeItIsDue_NeverFires()
    {
        var wheel = new TimerWheel(0);
        var first = new Recorder();
        var second = new Recorder();
        wheel.Schedule(first, 100);
        wheel.Schedule(second, 100);
        wheel.Cancel(first);
        Assert.InRange(wheel.UntilNext(0), 100, 128);
        wheel.Advance(200);
        Assert.Equal((0, 1), (first.Count, second.Count));
    }

    private sealed class Recorder : LoopTimer
    {
        internal int Count { get; private set; }

        protected internal override void OnExpired() => Count++;
    }
}
