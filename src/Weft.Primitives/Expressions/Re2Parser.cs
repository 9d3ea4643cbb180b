using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Weft.Primitives.Expressions;

/// <summary>
/// Reads RE2 syntax (github.com/google/re2/wiki/Syntax) as RE2::Options' defaults read it: Perl classes are ASCII, "." is any but newline, "^" and "$" are the
/// ends of the text, no backreferences, no lookaround. Total: every text gives a node or an error.
/// </summary>
internal sealed class Re2Parser
{
    /// <summary>Longer patterns are refused.</summary>
    public const int PatternLengthMax = 16 << 10;

    /// <summary>Groups nested deeper are refused, so that neither parsing nor compiling runs out of stack.</summary>
    public const int NestingMax = 250;

    /// <summary>RE2's bound of {n,m}, and of the product of nested ones.</summary>
    public const int RepeatMax = 1000;

    private readonly Re2Cursor _in;
    private readonly Re2ClassParser _classes;
    private Re2Flags _flags = Re2Flags.OneLine;
    private int _depth;

    private Re2Parser(string pattern)
    {
        _in = new Re2Cursor(pattern);
        _classes = new Re2ClassParser(_in);
    }

    public int Groups { get; private set; }

    public static bool TryParse(string pattern, [MaybeNullWhen(false)] out Re2Node node, out int groups, [MaybeNullWhen(true)] out string error)
    {
        node = null;
        groups = 0;
        error = pattern.Length > PatternLengthMax ? $"the expression is longer than {PatternLengthMax} characters."
            : !IsWellFormed(pattern) ? "the expression is not valid Unicode."
            : null;
        if (error is not null)
        {
            return false;
        }

        var parser = new Re2Parser(pattern);
        node = parser.Alternation();
        if (!parser._in.Failed && !parser._in.AtEnd)
        {
            parser._in.Fail("')' has no '('.");
        }

        groups = parser.Groups;
        error = parser._in.Error;
        return error is null;
    }

    private static bool IsWellFormed(string pattern)
    {
        foreach (var rune in pattern.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar && !pattern.Contains('\uFFFD', StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private Re2Node Alternation()
    {
        var branches = new List<Re2Node> { Concatenation() };
        while (!_in.Failed && _in.TryTake('|'))
        {
            branches.Add(Concatenation());
        }

        return branches.Count == 1 ? branches[0] : new Re2Node.Alternate(branches);
    }

    private Re2Node Concatenation()
    {
        var parts = new List<Re2Node>();
        bool repeatable = false; // something stands before to be repeated
        bool repeated = false; // and is a repetition already
        while (!_in.Failed && !_in.AtEnd && !_in.Is('|') && !_in.Is(')'))
        {
            if (TryRepetition(out int min, out int max, out bool counted))
            {
                if (!repeatable || repeated)
                {
                    _in.Fail(repeated ? "a repetition cannot be repeated; use a group." : "there is nothing to repeat.");
                    break;
                }

                parts[^1] = Repetition(parts[^1], min, max, counted);
                repeated = true;
                continue;
            }

            int before = parts.Count;
            Atom(parts);
            repeatable = parts.Count > before || repeatable;
            repeated = false;
        }

        return parts.Count switch
        {
            0 => new Re2Node.Nothing(),
            1 => parts[0],
            _ => new Re2Node.Concat(parts),
        };
    }

    private bool TryRepetition(out int min, out int max, out bool counted)
    {
        (min, max, counted) = (0, -1, false);
        if (_in.TryTake('*'))
        {
            return true;
        }

        if (_in.TryTake('+'))
        {
            min = 1;
            return true;
        }

        if (_in.TryTake('?'))
        {
            max = 1;
            return true;
        }

        counted = _in.Is('{') && _in.TryTakeCount(out min, out max);
        return counted;
    }

    private Re2Node Repetition(Re2Node inner, int min, int max, bool counted)
    {
        bool greedy = !_in.TryTake('?');
        greedy ^= _flags.HasFlag(Re2Flags.Ungreedy);
        if (counted && (min > RepeatMax || max > RepeatMax || (max >= 0 && max < min)))
        {
            _in.Fail($"a repetition count is above {RepeatMax} or its bounds are the wrong way round.");
            return inner;
        }

        var node = new Re2Node.Repeat(inner, min, max, greedy, counted);
        if (node.RepeatProduct > RepeatMax)
        {
            _in.Fail($"nested repetitions multiply to more than {RepeatMax}.");
        }

        return node;
    }

    private void Atom(List<Re2Node> parts)
    {
        switch (_in.Peek)
        {
            case '(':
                Group(parts);
                break;
            case '[':
                parts.Add(new Re2Node.Class(_classes.Bracket(_flags)));
                break;
            case '.':
                _in.Take();
                parts.Add(new Re2Node.Class(_flags.HasFlag(Re2Flags.DotNewline) ? RuneSet.Any : RuneSet.AnyButNewline));
                break;
            case '^':
                _in.Take();
                parts.Add(new Re2Node.Look(_flags.HasFlag(Re2Flags.OneLine) ? EmptyLook.BeginText : EmptyLook.BeginLine));
                break;
            case '$':
                _in.Take();
                parts.Add(new Re2Node.Look(_flags.HasFlag(Re2Flags.OneLine) ? EmptyLook.EndText : EmptyLook.EndLine));
                break;
            case '\\':
                Escape(parts);
                break;
            default:
                parts.Add(Literal(_in.Take()));
                break;
        }
    }

    private void Group(List<Re2Node> parts)
    {
        _in.Take();
        var outer = _flags;
        int number = Re2Node.NotCapturing;
        if (_in.StartsWith("?"))
        {
            if (TryName())
            {
                number = ++Groups;
            }
            else if (_in.Failed || !Flags())
            {
                return; // "(?i)" changes what follows, within the group that it stands in
            }
        }
        else
        {
            number = ++Groups;
        }

        if (++_depth > NestingMax)
        {
            _in.Fail($"groups are nested deeper than {NestingMax}.");
            return;
        }

        var inner = Alternation();
        _depth--;
        if (!_in.Failed && !_in.TryTake(')'))
        {
            _in.Fail("'(' has no ')'.");
        }

        _flags = outer;
        parts.Add(new Re2Node.Group(inner, number));
    }

    /// <summary>"?P&lt;name&gt;" or "?&lt;name&gt;".</summary>
    private bool TryName()
    {
        string start = _in.StartsWith("?P<") ? "?P<" : "?<";
        if (!_in.StartsWith(start))
        {
            return false;
        }

        _in.Skip(start.Length);
        string? name = _in.TakeThrough('>');
        if (name is null || name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            _in.Fail("a group's name is made of letters, digits and '_' and ends with '>'; lookbehind is not supported.");
            return false;
        }

        return true;
    }

    /// <summary>True when a group follows, false when the flags stand alone (or are wrong).</summary>
    private bool Flags()
    {
        _in.Skip(1);
        bool negative = false;
        bool any = false;
        while (!_in.AtEnd)
        {
            int c = _in.Take();
            switch (c)
            {
                case 'i':
                    Set(Re2Flags.FoldCase, !negative);
                    any = true;
                    break;
                case 'm':
                    Set(Re2Flags.OneLine, negative); // RE2's flag is the opposite
                    any = true;
                    break;
                case 's':
                    Set(Re2Flags.DotNewline, !negative);
                    any = true;
                    break;
                case 'U':
                    Set(Re2Flags.Ungreedy, !negative);
                    any = true;
                    break;
                case '-' when !negative:
                    (negative, any) = (true, false);
                    break;
                case ':' or ')' when !negative || any:
                    return c == ':';
                default:
                    _in.Fail("'(?' is followed by something that RE2 does not know; lookaround is not supported.");
                    return false;
            }
        }

        _in.Fail("'(' has no ')'.");
        return false;
    }

    private void Escape(List<Re2Node> parts)
    {
        if (_in.StartsWith("\\Q"))
        {
            _in.Skip(2);
            string text = _in.TakeUntil("\\E");
            parts.AddRange(text.EnumerateRunes().Select(r => Literal(r.Value)));
            return;
        }

        if (_classes.TryEscapedClass(_flags, out var set))
        {
            parts.Add(new Re2Node.Class(set));
            return;
        }

        Re2Node? look = _in.PeekAt(1) switch
        {
            'A' => new Re2Node.Look(EmptyLook.BeginText),
            'z' => new Re2Node.Look(EmptyLook.EndText),
            'b' => new Re2Node.Look(EmptyLook.WordBoundary),
            'B' => new Re2Node.Look(EmptyLook.NoWordBoundary),
            'C' => new Re2Node.AnyByte(),
            _ => null,
        };
        if (look is not null)
        {
            _in.Skip(2);
            parts.Add(look);
            return;
        }

        int rune = _in.TakeEscape();
        if (!_in.Failed)
        {
            parts.Add(Literal(rune));
        }
    }

    private Re2Node.Class Literal(int rune)
    {
        var set = RuneSet.Of([new RuneRange(rune, rune)]);
        return new Re2Node.Class(_flags.HasFlag(Re2Flags.FoldCase) ? set.FoldCase() : set);
    }

    private void Set(Re2Flags flag, bool on) => _flags = on ? _flags | flag : _flags & ~flag;
}

[Flags]
internal enum Re2Flags : byte
{
    None = 0,
    FoldCase = 1,

    /// <summary>"^" and "$" are the ends of the text, not of lines.</summary>
    OneLine = 2,
    DotNewline = 4,
    Ungreedy = 8,
}
