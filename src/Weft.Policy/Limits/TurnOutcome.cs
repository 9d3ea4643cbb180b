namespace Weft.Policy.Limits;

/// <summary>What came of asking for a connection's place.</summary>
public enum TurnOutcome : byte
{
    /// <summary>The place is the caller's, who gives it back by Exit.</summary>
    Taken,

    /// <summary>The caller stands in the queue and counts as pending: OnTurn or Leave ends the wait, EndPending the count.</summary>
    Waits,

    /// <summary>As many wait as may (Fault.UpstreamOverflow).</summary>
    Overflow,
}
