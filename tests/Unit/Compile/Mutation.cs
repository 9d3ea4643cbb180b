using System.Text.RegularExpressions;

namespace Weft.Unit.Compile;

/// <summary>One way to break a file: the line that is changed, and what must be said about it.</summary>
/// <param name="Files">Which files it is tried on, as a part of their path.</param>
/// <param name="Line">The line that breaks; the last one that fits when <paramref name="Last"/>.</param>
/// <param name="Codes">Any of them, at the changed line or <paramref name="Above"/> lines over it.</param>
public sealed record Mutation(string Name, string Files, string Line, string Becomes, string[] Codes, int Above = 0, bool Last = false)
{
    /// <summary>Null where the file has no such line; else the broken text and the number of its line.</summary>
    internal (string Text, int Line)? Apply(string[] lines)
    {
        Regex line = new(Line, RegexOptions.NonBacktracking);
        int at = Last ? Array.FindLastIndex(lines, line.IsMatch) : Array.FindIndex(lines, line.IsMatch);
        if (at < 0)
        {
            return null;
        }
        string[] broken = [.. lines];
        broken[at] = line.Replace(lines[at], Becomes, 1);
        return (string.Join('\n', broken), at + 1);
    }

    public override string ToString() => Name;
}
