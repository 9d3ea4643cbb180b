namespace Weft.Http.Http1;

/// <summary>What trying to read a head came to.</summary>
public enum HeadProgress : byte
{
    Done,
    NeedMore,

    /// <summary>A rule was broken; the head's error names it.</summary>
    Refused,
}
