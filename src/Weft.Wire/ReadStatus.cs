namespace Weft.Wire;

/// <summary>What a reader says of its input. No reader throws for input.</summary>
public enum ReadStatus : byte
{
    /// <summary>One whole value was read.</summary>
    Done,

    /// <summary>The bytes so far are right and are not all; call again with more.</summary>
    NeedMore,

    /// <summary>No continuation makes these bytes right.</summary>
    Malformed,

    /// <summary>A named limit was passed.</summary>
    TooLarge,
}
