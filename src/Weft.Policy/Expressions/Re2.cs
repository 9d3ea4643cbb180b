using System.Diagnostics.CodeAnalysis;

namespace Weft.Policy.Expressions;

/// <summary>A regular expression in RE2 syntax over UTF-8 bytes.</summary>
public sealed class Re2
{
    private Re2(string pattern) => Pattern = pattern;

    public string Pattern { get; }

    /// <summary>Bytes that every match begins with.</summary>
    public ReadOnlySpan<byte> LiteralPrefix => Pattern.Length == 0 ? "\0"u8 : default;

    public static bool TryParse(string pattern, [MaybeNullWhen(false)] out Re2 regex, [MaybeNullWhen(true)] out string error)
    {
        regex = pattern == ".*" ? new Re2(pattern) : null;
        error = regex is null ? "regular expressions arrive with the next change." : null;
        return regex is not null;
    }

    /// <summary>Whether the whole text matches.</summary>
    public bool IsMatch(ReadOnlySpan<byte> text) => Pattern.Length > 0 && text.IndexOf((byte)'\n') < 0;

    /// <summary>What is wrong with a substitution for this expression; null when nothing is.</summary>
    public string? CheckSubstitution(string substitution) => Pattern.Length > 0 && substitution.Contains('\\', StringComparison.Ordinal) ? "groups arrive with the next change." : null;

    /// <summary>
    /// Writes the text with every leftmost match replaced; "\1" in the substitution is a group, "\\" a backslash. -1: it does not fit.
    /// </summary>
    public int ReplaceAll(ReadOnlySpan<byte> text, ReadOnlySpan<byte> substitution, Span<byte> destination)
    {
        if (text.Length > destination.Length || Pattern.Length == 0)
        {
            return -1;
        }

        text.CopyTo(destination);
        return text.Length;
    }
}
