namespace Weft.Primitives.Expressions;

/// <summary>Many expressions tried in one walk over the text. Immutable to its users and shared by all loops; warm walks allocate nothing.</summary>
internal sealed class Re2Set
{
    /// <summary>Expressions that do not fit any more are left out and tried one by one.</summary>
    public const int ProgramSizeMax = 1 << 17;

    /// <summary>What the states of one set may remember: 2 MiB. Texts that would need more are tried one by one.</summary>
    private const int InstructionsMax = 1 << 19;

    private readonly Re2Automaton _automaton;

    private Re2Set(Re2Program program) => _automaton = new Re2Automaton(program, InstructionsMax);

    /// <summary>The expressions with their numbers; null when not even one of them fits. <paramref name="left"/>: those that are not in the set.</summary>
    public static Re2Set? Create(IReadOnlyList<(Re2Node Node, int Number)> expressions, List<int> left)
    {
        var code = new List<Re2Instruction>();
        int start = -1;
        foreach (var (node, number) in expressions)
        {
            if (!Re2Compiler.TryCompile(node, 0, out var part) || code.Count + part.Length + 1 > ProgramSizeMax)
            {
                left.Add(number);
                continue;
            }

            int offset = code.Count;
            foreach (var instruction in part.Code)
            {
                code.Add(Moved(instruction, offset, number));
            }

            int first = part.Start + offset;
            if (start >= 0)
            {
                code.Add(new Re2Instruction(Re2Op.Fork, first, start));
                first = code.Count - 1;
            }

            start = first;
        }

        return start < 0 ? null : new Re2Set(new Re2Program([.. code], start));
    }

    /// <summary>The numbers of the expressions that match the whole text, ascending; false when this text is too much for the set.</summary>
    public bool TryMatches(scoped ReadOnlySpan<byte> text, out ReadOnlySpan<int> numbers) => _automaton.TryMatches(text, out numbers);

    private static Re2Instruction Moved(Re2Instruction instruction, int offset, int number) => instruction.Op switch
    {
        Re2Op.Match => instruction with { Other = number },
        Re2Op.Fork => instruction with { Out = instruction.Out + offset, Other = instruction.Other + offset },
        _ => instruction with { Out = instruction.Out + offset },
    };
}
