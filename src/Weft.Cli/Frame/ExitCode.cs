namespace Weft.Cli.Frame;

/// <summary>What every command ends with; scripts depend on the numbers.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The answer is no: a check failed, a problem was found.</summary>
    public const int No = 1;

    public const int WrongCommandLine = 2;

    public const int Unreachable = 3;

    public const int BadInput = 4;
}
