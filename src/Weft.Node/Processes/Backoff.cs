namespace Weft.Node.Processes;

/// <summary>How long to wait before the next start: doubling from the first delay, forgotten after a while of running. Pure.</summary>
public sealed class Backoff
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Something that ran this long was healthy; its next end starts from the first delay again.</summary>
    public static readonly TimeSpan Healthy = TimeSpan.FromSeconds(30);

    private int _failures;

    public TimeSpan Next(TimeSpan ranFor)
    {
        _failures = ranFor >= Healthy ? 0 : Math.Min(_failures + 1, 30);
        double delay = First.TotalMilliseconds * Math.Pow(2, Math.Max(0, _failures - 1));
        return TimeSpan.FromMilliseconds(Math.Min(delay, Longest.TotalMilliseconds));
    }
}
