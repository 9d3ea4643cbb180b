namespace Weft.Policy.Limits;

/// <summary>Who waits in a <see cref="ConnectionQueue"/>; one wait at a time, and then again.</summary>
public abstract class ConnectionWaiter
{
    // Neighbours in the queue; under its gate.
    internal ConnectionWaiter? Ahead { get; set; }

    internal ConnectionWaiter? Behind { get; set; }

    internal bool IsQueued { get; set; }

    /// <summary>A place is the waiter's from now on. Called by the thread that gave it up, outside the gate.</summary>
    protected internal abstract void OnTurn();
}
