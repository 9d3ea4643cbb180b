namespace Weft.Transport;

/// <summary>A deadline that lives inside its owner, linked into the loop's wheel: setting one allocates nothing. Used by its loop only.</summary>
public abstract class LoopTimer
{
    internal LoopTimer? Previous { get; set; }

    internal LoopTimer? Following { get; set; }

    internal long DueMs { get; set; }

    public bool IsScheduled { get; internal set; }

    /// <summary>Whether it will be called then, or before.</summary>
    public bool IsDueBy(long dueMs) => IsScheduled && DueMs <= dueMs + TimerWheel.TickMs;

    /// <summary>Called on the loop, once per schedule, never before the time.</summary>
    protected internal abstract void OnExpired();
}
