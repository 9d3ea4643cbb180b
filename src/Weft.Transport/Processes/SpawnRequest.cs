namespace Weft.Transport.Processes;

/// <summary>In which group of processes a child runs: who else gets the terminal's Ctrl-C.</summary>
public enum SpawnGroup
{
    /// <summary>The parent's: the child gets the terminal's signals and may read from it.</summary>
    Same,

    /// <summary>A group of its own.</summary>
    Own,

    /// <summary>A session of its own, without a terminal.</summary>
    Session,
}

/// <summary>One process to start.</summary>
public sealed record SpawnRequest(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>Null inherits the parent's.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    public string? WorkingDirectory { get; init; }

    /// <summary>What becomes 0, 1 and 2; -1 leaves the parent's.</summary>
    public int StandardInput { get; init; } = -1;

    public int StandardOutput { get; init; } = -1;

    public int StandardError { get; init; } = -1;

    /// <summary>What becomes 3, 4, … in this order. Nothing else is inherited.</summary>
    public IReadOnlyList<int> Descriptors { get; init; } = [];

    public SpawnGroup Group { get; init; } = SpawnGroup.Own;
}
