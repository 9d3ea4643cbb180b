namespace Weft.Dialects.Problems;

/// <summary>The codes that the reader needs by name.</summary>
public static class ProblemCodes
{
    public const string Unreadable = "WEFT0001";
    public const string Syntax = "WEFT0002";
    public const string Limit = "WEFT0003";
    public const string NotAResource = "WEFT0004";
}
