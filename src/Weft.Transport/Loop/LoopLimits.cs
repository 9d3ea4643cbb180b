namespace Weft.Transport;

/// <summary>What one loop does at most in one turn, so that no peer starves the others. Each rest is taken up in the next turn.</summary>
public sealed record LoopLimits
{
    /// <summary>Connections accepted by one listener.</summary>
    public int AcceptsPerTurnMax { get; init; } = 64;

    /// <summary>Reads of up to a block each from one connection.</summary>
    public int ReadsPerTurnMax { get; init; } = 4;

    /// <summary>Steps of TLS handshakes, about half a millisecond each: more would hold up every established connection.</summary>
    public int HandshakeStepsPerTurnMax { get; init; } = 4;

    /// <summary>Memory for bytes on their way, all connections together; a connection that needs more is closed. 0: what the system gives.</summary>
    public long BlockBytesMax { get; init; }

    /// <summary>A turn longer than this is named to <see cref="EventLoop.SlowTurn"/>.</summary>
    public TimeSpan TurnMax { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How many milliseconds of the loop's clock pass in one: 1, but for tests that put half an hour of timeouts into seconds.</summary>
    public int ClockSpeed { get; init; } = 1;
}
