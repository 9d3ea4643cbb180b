namespace Weft.Transport;

/// <summary>A turn that took longer than <see cref="LoopLimits.TurnMax"/>, and what ran in it.</summary>
/// <param name="Last">The method that was resumed last, for a start of the search.</param>
public readonly record struct SlowTurn(string Loop, TimeSpan Took, int Events, int Resumed, string Last);
