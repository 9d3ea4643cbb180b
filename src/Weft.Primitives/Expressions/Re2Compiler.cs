using System.Diagnostics.CodeAnalysis;

namespace Weft.Primitives.Expressions;

/// <summary>Turns a parsed expression into instructions, from its end to its beginning, so that every part knows what comes after it.</summary>
internal sealed class Re2Compiler
{
    /// <summary>Larger programs are refused: without the automaton a match costs their size per byte.</summary>
    public const int ProgramSizeMax = 10_000;

    private readonly List<Re2Instruction> _code = [];
    private readonly int _slots;

    private Re2Compiler(int slots) => _slots = slots;

    /// <summary>Keeps groups below <paramref name="slots"/>/2; 0 for programs that only match.</summary>
    public static bool TryCompile(Re2Node node, int slots, [MaybeNullWhen(false)] out Re2Program program)
    {
        var compiler = new Re2Compiler(slots);
        int match = compiler.Emit(new Re2Instruction(Re2Op.Match, -1));
        int start = compiler.Compile(new Re2Node.Group(node, 0), match);
        program = compiler.TooLarge ? null : new Re2Program([.. compiler._code], start);
        return program is not null;
    }

    private bool TooLarge => _code.Count > ProgramSizeMax;

    private int Compile(Re2Node node, int next)
    {
        if (TooLarge)
        {
            return next; // refused anyway; stop the work here
        }

        return node switch
        {
            Re2Node.Class c => Utf8Ranges.Compile(c.Set, next, Emit),
            Re2Node.AnyByte => Emit(new Re2Instruction(Re2Op.Bytes, next, 0, 0, 255)),
            Re2Node.Look l => Emit(new Re2Instruction(Re2Op.Look, next, Look: l.What)),
            Re2Node.Group g => Group(g, next),
            Re2Node.Concat c => Concat(c, next),
            Re2Node.Alternate a => Alternate(a, next),
            Re2Node.Repeat r => Repeat(r, next),
            _ => next,
        };
    }

    private int Group(Re2Node.Group group, int next)
    {
        int slot = group.Number * 2;
        bool kept = slot >= 0 && slot < _slots;
        int end = kept ? Emit(new Re2Instruction(Re2Op.Save, next, slot + 1)) : next;
        int inner = Compile(group.Inner, end);
        return kept ? Emit(new Re2Instruction(Re2Op.Save, inner, slot)) : inner;
    }

    private int Concat(Re2Node.Concat concat, int next)
    {
        for (int i = concat.Parts.Count - 1; i >= 0; i--)
        {
            next = Compile(concat.Parts[i], next);
        }

        return next;
    }

    private int Alternate(Re2Node.Alternate alternate, int next)
    {
        int rest = Compile(alternate.Parts[^1], next);
        for (int i = alternate.Parts.Count - 2; i >= 0; i--)
        {
            rest = Emit(new Re2Instruction(Re2Op.Fork, Compile(alternate.Parts[i], next), rest));
        }

        return rest;
    }

    private int Repeat(Re2Node.Repeat repeat, int next)
    {
        if (repeat.Max < 0)
        {
            // x{2,} is xx+, x* is x+ or nothing.
            int loop = repeat.Min == 0 ? Star(repeat, next) : Plus(repeat, next);
            return Copies(repeat.Inner, repeat.Min - 1, loop);
        }

        // x{2,4} is xx(x(x)?)?
        int tail = next;
        for (int i = repeat.Min; i < repeat.Max && !TooLarge; i++)
        {
            tail = Fork(Compile(repeat.Inner, tail), next, repeat.Greedy);
        }

        return Copies(repeat.Inner, repeat.Min, tail);
    }

    private int Copies(Re2Node inner, int count, int next)
    {
        for (int i = 0; i < count && !TooLarge; i++)
        {
            next = Compile(inner, next);
        }

        return next;
    }

    private int Star(Re2Node.Repeat repeat, int next)
    {
        // A loop around something that may be empty is a plus that may be left out, or priorities within the closure would be wrong (as in RE2).
        if (repeat.Inner.Nullable)
        {
            return Fork(Plus(repeat, next), next, repeat.Greedy);
        }

        int fork = Emit(default);
        int body = Compile(repeat.Inner, fork);
        _code[fork] = ForkTo(body, next, repeat.Greedy);
        return fork;
    }

    private int Plus(Re2Node.Repeat repeat, int next)
    {
        int fork = Emit(default);
        int body = Compile(repeat.Inner, fork);
        _code[fork] = ForkTo(body, next, repeat.Greedy);
        return body;
    }

    private int Fork(int body, int skip, bool greedy) => Emit(ForkTo(body, skip, greedy));

    private static Re2Instruction ForkTo(int body, int skip, bool greedy) =>
        greedy ? new Re2Instruction(Re2Op.Fork, body, skip) : new Re2Instruction(Re2Op.Fork, skip, body);

    private int Emit(Re2Instruction instruction)
    {
        _code.Add(instruction);
        return _code.Count - 1;
    }
}

/// <summary>Code points as sequences of byte ranges (RFC 3629 §4): surrogates and overlong forms never match.</summary>
internal static class Utf8Ranges
{
    // The last code points of one, two and three bytes.
    private static readonly int[] LengthEnds = [0x7F, 0x7FF, 0xFFFF, RuneSet.RuneMax];

    public static int Compile(RuneSet set, int next, Func<Re2Instruction, int> emit)
    {
        var shared = new Dictionary<(int Low, int High, int Next), int>();
        var heads = new List<int>();
        foreach (var range in set.Ranges)
        {
            foreach (var part in WithoutSurrogates(range).SelectMany(SameLength))
            {
                Split(part.Low, part.High, Length(part.Low), heads, next, shared, emit);
            }
        }

        if (heads.Count == 0)
        {
            return emit(new Re2Instruction(Re2Op.Fail, next));
        }

        int all = heads[^1];
        for (int i = heads.Count - 2; i >= 0; i--)
        {
            all = emit(new Re2Instruction(Re2Op.Fork, heads[i], all));
        }

        return all;
    }

    /// <summary>Cuts until every byte of the encodings runs through its whole range by itself.</summary>
    private static void Split(
        int low, int high, int length, List<int> heads, int next, Dictionary<(int Low, int High, int Next), int> shared, Func<Re2Instruction, int> emit)
    {
        for (int i = 1; i < length; i++)
        {
            int mask = (1 << (6 * i)) - 1;
            if ((low & ~mask) == (high & ~mask))
            {
                continue;
            }

            if ((low & mask) != 0)
            {
                Split(low, low | mask, length, heads, next, shared, emit);
                Split((low | mask) + 1, high, length, heads, next, shared, emit);
                return;
            }

            if ((high & mask) != mask)
            {
                Split(low, (high & ~mask) - 1, length, heads, next, shared, emit);
                Split(high & ~mask, high, length, heads, next, shared, emit);
                return;
            }
        }

        Span<byte> first = stackalloc byte[4];
        Span<byte> last = stackalloc byte[4];
        Encode(low, length, first);
        Encode(high, length, last);
        int at = next;
        for (int i = length - 1; i >= 0; i--)
        {
            // The same tail of continuation bytes is written once.
            if (!shared.TryGetValue((first[i], last[i], at), out int known))
            {
                known = emit(new Re2Instruction(Re2Op.Bytes, at, 0, first[i], last[i]));
                shared.Add((first[i], last[i], at), known);
            }

            at = known;
        }

        heads.Add(at);
    }

    private static IEnumerable<RuneRange> WithoutSurrogates(RuneRange range)
    {
        if (range.Low < 0xD800)
        {
            yield return new RuneRange(range.Low, Math.Min(range.High, 0xD7FF));
        }

        if (range.High > 0xDFFF)
        {
            yield return new RuneRange(Math.Max(range.Low, 0xE000), range.High);
        }
    }

    private static IEnumerable<RuneRange> SameLength(RuneRange range)
    {
        int low = range.Low;
        foreach (int end in LengthEnds)
        {
            if (low <= end && low <= range.High)
            {
                yield return new RuneRange(low, Math.Min(end, range.High));
                low = end + 1;
            }
        }
    }

    private static int Length(int rune) => rune <= LengthEnds[0] ? 1 : rune <= LengthEnds[1] ? 2 : rune <= LengthEnds[2] ? 3 : 4;

    private static void Encode(int rune, int length, Span<byte> bytes)
    {
        for (int i = length - 1; i > 0; i--)
        {
            bytes[i] = (byte)(0x80 | (rune & 0x3F));
            rune >>= 6;
        }

        bytes[0] = (byte)(length == 1 ? rune : (0xF00 >> length) | rune);
    }
}
