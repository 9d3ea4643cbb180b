namespace Weft.Dialects.Reading;

/// <summary>What one read accepts; past a limit the document is refused with a problem that names the limit.</summary>
public sealed record ReadLimits
{
    public static readonly ReadLimits Default = new();

    /// <summary>Bytes of one file or of standard input.</summary>
    public int FileBytesMax { get; init; } = 16 << 20;

    /// <summary>Files below one directory.</summary>
    public int FilesMax { get; init; } = 10_000;

    /// <summary>Nesting of maps and lists. The deepest custom resource definition in use has about 40 levels.</summary>
    public int DepthMax { get; init; } = 100;

    /// <summary>Values of one file after aliases are expanded: what keeps "a billion laughs" at a few megabytes.</summary>
    public int ValuesMax { get; init; } = 1_000_000;

    /// <summary>Resources of one file.</summary>
    public int ResourcesMax { get; init; } = 50_000;

    /// <summary>Problems reported for one file; the rest of the file is not read.</summary>
    public int ProblemsMax { get; init; } = 100;
}
