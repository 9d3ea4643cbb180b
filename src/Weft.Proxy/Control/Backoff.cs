namespace Weft.Proxy.Control;

/// <summary>Pauses between tries to reach the control plane: doubling, with jitter, so that a mesh does not return all at once.</summary>
internal sealed class Backoff(Random random)
{
    internal const long FirstMs = 200;

    /// <summary>Long enough to spare a control plane that is down, short enough that its return is noticed soon.</summary>
    internal const long MaxMs = 15_000;

    private int _failures;

    public void Reset() => _failures = 0;

    /// <summary>From half of the step to all of it.</summary>
    public long NextMs()
    {
        long step = Math.Min(FirstMs << Math.Min(_failures, 20), MaxMs);
        _failures++;
        return (long)(step * (0.5 + (random.NextDouble() / 2)));
    }
}
