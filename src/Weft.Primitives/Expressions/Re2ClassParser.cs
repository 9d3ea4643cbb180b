using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Weft.Primitives.Expressions;

/// <summary>Reads everything that stands for a set of code points: brackets, Perl, POSIX and Unicode classes.</summary>
internal sealed class Re2ClassParser(Re2Cursor input)
{
    private static readonly RuneRange[] Digits = [new('0', '9')];
    private static readonly RuneRange[] Lower = [new('a', 'z')];
    private static readonly RuneRange[] Upper = [new('A', 'Z')];

    private static readonly FrozenDictionary<string, RuneRange[]> Posix = new Dictionary<string, RuneRange[]>
    {
        ["alnum"] = [.. Digits, .. Lower, .. Upper],
        ["alpha"] = [.. Lower, .. Upper],
        ["ascii"] = [new(0, 0x7F)],
        ["blank"] = [new('\t', '\t'), new(' ', ' ')],
        ["cntrl"] = [new(0, 0x1F), new(0x7F, 0x7F)],
        ["digit"] = Digits,
        ["graph"] = [new('!', '~')],
        ["lower"] = Lower,
        ["print"] = [new(' ', '~')],
        ["punct"] = [new('!', '/'), new(':', '@'), new('[', '`'), new('{', '~')],
        ["space"] = [new('\t', '\r'), new(' ', ' ')],
        ["upper"] = Upper,
        ["word"] = [.. Digits, .. Lower, .. Upper, new('_', '_')],
        ["xdigit"] = [.. Digits, new('A', 'F'), new('a', 'f')],
    }.ToFrozenDictionary();

    // Perl's \s has no vertical tab in RE2; POSIX's space has.
    private static readonly RuneRange[] PerlSpace = [new('\t', '\n'), new('\f', '\r'), new(' ', ' ')];

    /// <summary>"[…]", from its bracket on.</summary>
    public RuneSet Bracket(Re2Flags flags)
    {
        input.Take();
        bool negative = input.TryTake('^');
        var ranges = new List<RuneRange>();
        bool first = true; // a ']' right at the beginning is one of the set
        while (!input.Failed && (first || !input.Is(']')))
        {
            if (input.AtEnd)
            {
                input.Fail("'[' has no ']'.");
                break;
            }

            first = false;
            if (input.StartsWith("[:") && TryPosix(flags, ranges))
            {
                continue;
            }

            if (TryEscapedClass(flags, out var set))
            {
                ranges.AddRange(set.Ranges);
                continue;
            }

            Range(flags, ranges);
        }

        input.TryTake(']');
        var all = RuneSet.Of(ranges);
        return negative ? all.Complement() : all;
    }

    /// <summary>\d, \pN, \p{Greek} and their kin; nothing is taken when something else stands there.</summary>
    public bool TryEscapedClass(Re2Flags flags, [MaybeNullWhen(false)] out RuneSet set)
    {
        set = null;
        if (!input.Is('\\'))
        {
            return false;
        }

        char kind = input.PeekAt(1);
        if (kind is 'p' or 'P')
        {
            set = Unicode(flags);
            return true;
        }

        RuneRange[]? ranges = char.ToLowerInvariant(kind) switch
        {
            'd' => Digits,
            'w' => Posix["word"],
            's' => PerlSpace,
            _ => null,
        };
        if (ranges is null)
        {
            return false;
        }

        input.Skip(2);
        set = Finish(ranges, flags, char.IsAsciiLetterUpper(kind));
        return true;
    }

    private bool TryPosix(Re2Flags flags, List<RuneRange> ranges)
    {
        int length = 2;
        while (input.PeekAt(length) != '\0' && !(input.PeekAt(length) == ':' && input.PeekAt(length + 1) == ']'))
        {
            length++;
        }

        if (input.PeekAt(length) == '\0')
        {
            return false; // no ":]" follows, so the bracket is one of the set
        }

        bool negative = input.PeekAt(2) == '^';
        int start = negative ? 3 : 2;
        string name = string.Concat(Enumerable.Range(start, Math.Max(0, length - start)).Select(i => input.PeekAt(i)));
        if (!Posix.TryGetValue(name, out var known))
        {
            input.Fail($"'[:{name}:]' is no class.");
            return false;
        }

        input.Skip(length + 2);
        ranges.AddRange(Finish(known, flags, negative).Ranges);
        return true;
    }

    private void Range(Re2Flags flags, List<RuneRange> ranges)
    {
        int low = One();
        int high = low;
        if (input.Is('-') && input.PeekAt(1) is not (']' or '\0'))
        {
            input.Take();
            high = One();
        }

        if (high < low)
        {
            input.Fail("a range of a class goes backwards.");
        }

        if (!input.Failed)
        {
            ranges.AddRange(Finish([new RuneRange(low, high)], flags, false).Ranges);
        }
    }

    private int One()
    {
        if (input.AtEnd)
        {
            input.Fail("'[' has no ']'.");
            return 0;
        }

        return input.Is('\\') ? input.TakeEscape() : input.Take();
    }

    private RuneSet Unicode(Re2Flags flags)
    {
        bool negative = input.PeekAt(1) == 'P';
        input.Skip(2);
        string? name = input.AtEnd ? null : input.TryTake('{') ? input.TakeThrough('}') : char.ConvertFromUtf32(input.Take());
        if (name is { Length: > 0 } && name[0] == '^')
        {
            negative = !negative;
            name = name[1..];
        }

        if (name is null || !UnicodeClasses.TryGet(name, out var set))
        {
            input.Fail($"'\\p{{{name}}}' is no Unicode class that is known here.");
            return RuneSet.Any;
        }

        set = flags.HasFlag(Re2Flags.FoldCase) ? set.FoldCase() : set;
        return negative ? set.Complement() : set;
    }

    private static RuneSet Finish(IEnumerable<RuneRange> ranges, Re2Flags flags, bool negative)
    {
        var set = RuneSet.Of(ranges);
        set = flags.HasFlag(Re2Flags.FoldCase) ? set.FoldCase() : set;
        return negative ? set.Complement() : set;
    }
}
