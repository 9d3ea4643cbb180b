using Weft.Transport;

namespace Weft.Unit.Transport;

/// <summary>A loop that the test blocks, looked at with time that the test gives.</summary>
public sealed class LoopWatchdogTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Look_LoopBlocked_WarnsOnceThenGivesUpOnceAndTellsOfTheEnd()
    {
        using var kit = new LoopKit();
        using var entered = new ManualResetEventSlim();
        using var released = new ManualResetEventSlim();
        var told = new List<string>();
        var watchdog = new LoopWatchdog(kit.Loops.Loops, new WatchdogLimits { Warn = 2 * Second, GiveUp = 4 * Second })
        {
            Warned = s => told.Add($"warned after {s.For.TotalSeconds} s in {s.Last}"),
            GivenUp = s => told.Add($"given up after {s.For.TotalSeconds} s"),
            Recovered = s => told.Add($"recovered after {s.For.TotalSeconds} s"),
        };
        kit.Loop.Post(new Blocker(entered, released).Block);
        Assert.True(entered.Wait(10 * Second));
        for (int i = 0; i < 7; i++)
        {
            watchdog.Look(Second);
        }

        string[] stuck = [$"warned after 2 s in {typeof(Blocker)}", "given up after 4 s"];
        Assert.Equal(stuck, told);
        released.Set();
        await kit.RunAsync(static () => new LoopTask<bool>(true));
        watchdog.Look(Second);
        Assert.Equal([.. stuck, "recovered after 6 s"], told);
    }

    [Fact]
    public void Look_ProcessStoppedForLong_CountsAMomentOnly()
    {
        using var kit = new LoopKit();
        using var entered = new ManualResetEventSlim();
        using var released = new ManualResetEventSlim();
        int warned = 0;
        var watchdog = new LoopWatchdog(kit.Loops.Loops, new WatchdogLimits { Warn = 3 * Second }) { Warned = _ => warned++ };
        kit.Loop.Post(new Blocker(entered, released).Block);
        Assert.True(entered.Wait(10 * Second));
        watchdog.Look(Second);
        watchdog.Look(TimeSpan.FromHours(1));
        Assert.Equal(0, warned);
        released.Set();
    }

    [Fact]
    public async Task Look_LoopWaitingForEvents_SeesNothing()
    {
        using var kit = new LoopKit();
        await kit.RunAsync(static () => new LoopTask<bool>(true));
        int warned = 0;
        var watchdog = new LoopWatchdog(kit.Loops.Loops, new WatchdogLimits { Warn = Second }) { Warned = _ => warned++ };
        while (kit.Loop.Turn != kit.Loop.EndedTurn)
        {
            await Task.Yield();
        }

        for (int i = 0; i < 5; i++)
        {
            watchdog.Look(Second);
        }

        Assert.Equal(0, warned);
    }

    private sealed class Blocker(ManualResetEventSlim entered, ManualResetEventSlim released)
    {
        internal void Block()
        {
            entered.Set();
            released.Wait();
        }
    }
}
