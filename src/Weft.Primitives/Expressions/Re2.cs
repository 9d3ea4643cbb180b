using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Weft.Primitives.Expressions;

/// <summary>
/// A regular expression in RE2 syntax over UTF-8 bytes. Immutable to its users and shared by all loops. Time is bounded by program size times text,
/// memory by the limits of parser, compiler and automaton; warm matches allocate nothing.
/// </summary>
public sealed class Re2
{
    private const int GroupsMax = 10; // \0 to \9

    private readonly Re2Automaton _automaton;
    private readonly Re2Node _node;
    private readonly int _groups;
    private readonly byte[] _literalPrefix;
    private Re2Search? _search;

    private Re2(string pattern, Re2Node node, int groups, Re2Program program)
    {
        Pattern = pattern;
        _node = node;
        _groups = groups;
        _automaton = new Re2Automaton(program);
        _literalPrefix = Re2Literal.PrefixOf(node);
    }

    public string Pattern { get; }

    /// <summary>Bytes that every match begins with; may be empty.</summary>
    public ReadOnlySpan<byte> LiteralPrefix => _literalPrefix;

    /// <summary>Byte strings that every match holds somewhere, each as long as it gets.</summary>
    internal IEnumerable<byte[]> LiteralRuns => Re2Literal.RunsOf(_node);

    internal Re2Node Node => _node;

    /// <summary>Never throws and always ends, whatever the text is.</summary>
    public static bool TryParse(string pattern, [MaybeNullWhen(false)] out Re2 regex, [MaybeNullWhen(true)] out string error)
    {
        regex = null;
        if (!Re2Parser.TryParse(pattern, out var node, out int groups, out error))
        {
            return false;
        }

        if (!Re2Compiler.TryCompile(node, 0, out var program))
        {
            error = $"the expression needs more than {Re2Compiler.ProgramSizeMax} instructions; shorten its repetitions.";
            return false;
        }

        regex = new Re2(pattern, node, groups, program);
        return true;
    }

    /// <summary>Whether the whole text matches.</summary>
    public bool IsMatch(ReadOnlySpan<byte> text) => _automaton.IsMatch(text);

    /// <summary>What is wrong with a substitution for this expression; null when nothing is.</summary>
    public string? CheckSubstitution(string substitution)
    {
        for (int i = 0; i < substitution.Length; i++)
        {
            if (substitution[i] != '\\')
            {
                continue;
            }

            char c = ++i < substitution.Length ? substitution[i] : '\0';
            if (char.IsAsciiDigit(c) && c - '0' > _groups)
            {
                return $"the substitution asks for group {c}, and the expression has {_groups}.";
            }

            if (!char.IsAsciiDigit(c) && c != '\\')
            {
                return "a backslash in a substitution is followed by a digit or by another backslash.";
            }
        }

        return Search() is null ? $"the expression needs more than {Re2Compiler.ProgramSizeMax} instructions; shorten its repetitions." : null;
    }

    /// <summary>
    /// Writes the text with every match replaced, leftmost first (RE2::GlobalReplace): "\1" in the substitution is a group, "\0" the match, "\\" a
    /// backslash. The substitution has been checked. -1: it does not fit.
    /// </summary>
    public int ReplaceAll(ReadOnlySpan<byte> text, ReadOnlySpan<byte> substitution, Span<byte> destination)
    {
        if (Search() is not { } search)
        {
            return -1;
        }

        var output = new Re2Output(destination);
        Span<int> groups = stackalloc int[GroupsMax * 2];
        int at = 0;
        int lastEnd = -1;
        while (at <= text.Length && search.TryFind(text, at, groups))
        {
            output.Add(text[at..groups[0]]);
            if (groups[0] == lastEnd && groups[1] == lastEnd)
            {
                // Nothing right after a match is no match of its own: one code point, or one byte that is none, goes over as it is.
                at = lastEnd;
                int length = Rune.DecodeFromUtf8(text[at..], out _, out int decoded) is System.Buffers.OperationStatus.Done ? decoded : 1;
                output.Add(text.Slice(at, Math.Min(length, text.Length - at)));
                at += length;
                continue;
            }

            output.AddSubstitution(substitution, text, groups);
            at = lastEnd = groups[1];
        }

        output.Add(at < text.Length ? text[at..] : default);
        return output.Overflowed ? -1 : output.Written;
    }

    /// <summary>Made on first use: most expressions only match.</summary>
    private Re2Search? Search()
    {
        var search = Volatile.Read(ref _search);
        if (search is null && Re2Compiler.TryCompile(_node, GroupsMax * 2, out var program))
        {
            search = new Re2Search(program, GroupsMax * 2);
            Volatile.Write(ref _search, search);
        }

        return search;
    }
}

/// <summary>Writes replacements into a span and remembers when it was too small.</summary>
internal ref struct Re2Output(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Written { get; private set; }

    public bool Overflowed { get; private set; }

    public void Add(scoped ReadOnlySpan<byte> text)
    {
        if (Overflowed || !text.TryCopyTo(_destination[Written..]))
        {
            Overflowed = true;
            return;
        }

        Written += text.Length;
    }

    public void AddSubstitution(scoped ReadOnlySpan<byte> substitution, scoped ReadOnlySpan<byte> text, scoped ReadOnlySpan<int> groups)
    {
        while (!substitution.IsEmpty)
        {
            int escape = substitution.IndexOf((byte)'\\');
            if (escape < 0 || escape == substitution.Length - 1)
            {
                Add(substitution);
                return;
            }

            Add(substitution[..escape]);
            byte c = substitution[escape + 1];
            int group = c - '0';
            if (c == '\\')
            {
                Add("\\"u8);
            }
            else if (group is >= 0 and <= 9 && groups[group * 2] >= 0)
            {
                Add(text[groups[group * 2]..groups[(group * 2) + 1]]);
            }

            substitution = substitution[(escape + 2)..];
        }
    }
}
