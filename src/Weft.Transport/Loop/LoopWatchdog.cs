namespace Weft.Transport;

/// <summary>When a turn that does not end is worth a word, and when the process is worth more dead.</summary>
public sealed record WatchdogLimits
{
    public static readonly WatchdogLimits Default = new();

    /// <summary>A turn that lasts so long is named to the operator while it lasts.</summary>
    public TimeSpan Warn { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After so long the loop is taken for stuck; zero: never. Shorter would end a proxy that a busy machine merely does not run.</summary>
    public TimeSpan GiveUp { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A loop that has not ended its turn.</summary>
/// <param name="For">How long it has been seen so.</param>
/// <param name="Last">The method that was resumed last, in which it probably is.</param>
public sealed record LoopStall(string Loop, TimeSpan For, long Turn, string Last, int Connections);

/// <summary>Looks from outside whether loops get on. Used by one thread, which is none of theirs.</summary>
/// <remarks>A loop pays one store a turn for it: it says which turn it has ended. One that waits for events has ended its turn.</remarks>
public sealed class LoopWatchdog
{
    /// <summary>
    /// What one look counts at most. A process that was stopped as a whole (SIGSTOP, a suspended machine) finds its loops late without any
    /// of them being stuck.
    /// </summary>
    private static readonly TimeSpan LookMax = TimeSpan.FromSeconds(1);

    private readonly Watched[] _watched;
    private readonly WatchdogLimits _limits;

    public LoopWatchdog(IEnumerable<EventLoop> loops, WatchdogLimits limits)
    {
        _watched = [.. loops.Select(static l => new Watched(l))];
        _limits = limits;
    }

    /// <summary>Once for each turn over <see cref="WatchdogLimits.Warn"/>, while it lasts.</summary>
    public Action<LoopStall>? Warned { get; set; }

    /// <summary>A turn that had been warned of has ended.</summary>
    public Action<LoopStall>? Recovered { get; set; }

    /// <summary>A loop is stuck. Whoever is told should end the process: its connections are lost in any case.</summary>
    public Action<LoopStall>? GivenUp { get; set; }

    /// <param name="passed">Since the last look.</param>
    public void Look(TimeSpan passed)
    {
        TimeSpan counted = passed < LookMax ? passed : LookMax;
        foreach (Watched one in _watched)
        {
            long ended = one.Loop.EndedTurn;
            long turn = one.Loop.Turn;
            if (turn == ended || turn != one.Turn)
            {
                Settle(one, turn);
                continue;
            }

            one.For += counted;
            if (!one.IsWarned && one.For >= _limits.Warn)
            {
                one.IsWarned = true;
                Warned?.Invoke(StallOf(one));
            }

            if (!one.IsGivenUp && _limits.GiveUp > TimeSpan.Zero && one.For >= _limits.GiveUp)
            {
                one.IsGivenUp = true;
                GivenUp?.Invoke(StallOf(one));
            }
        }
    }

    private void Settle(Watched one, long turn)
    {
        if (one.IsWarned)
        {
            Recovered?.Invoke(StallOf(one));
        }

        one.Turn = turn;
        one.For = TimeSpan.Zero;
        one.IsWarned = false;
        one.IsGivenUp = false;
    }

    private static LoopStall StallOf(Watched one) => new(one.Loop.Name, one.For, one.Turn, one.Loop.LastResumed, one.Loop.ConnectionCount);

    private sealed class Watched(EventLoop loop)
    {
        internal EventLoop Loop { get; } = loop;

        internal long Turn { get; set; }

        internal TimeSpan For { get; set; }

        internal bool IsWarned { get; set; }

        internal bool IsGivenUp { get; set; }
    }
}
