namespace Weft.Primitives.Expressions;

internal enum Re2Op : byte
{
    /// <summary>Takes one byte of [Low, High] and goes to Out.</summary>
    Bytes,

    /// <summary>Goes to Out, and with less priority to Other.</summary>
    Fork,

    /// <summary>Goes to Out when the look holds.</summary>
    Look,

    /// <summary>Remembers the place in slot Other and goes to Out.</summary>
    Save,

    /// <summary>A match, in a set that of expression number Other.</summary>
    Match,

    /// <summary>Goes nowhere.</summary>
    Fail,
}

/// <summary>One instruction.</summary>
internal readonly record struct Re2Instruction(Re2Op Op, int Out, int Other = 0, byte Low = 0, byte High = 0, EmptyLook Look = EmptyLook.None);

/// <summary>An expression as instructions over bytes. Immutable.</summary>
internal sealed class Re2Program
{
    private readonly Re2Instruction[] _code;
    private readonly byte[] _classOf = new byte[256];

    public Re2Program(Re2Instruction[] code, int start)
    {
        _code = code;
        Start = start;
        HasLooks = code.Any(i => i.Op is Re2Op.Look);
        ClassCount = Classify();
    }

    public int Start { get; }

    public int Length => _code.Length;

    /// <summary>Whether what stands around a place matters.</summary>
    public bool HasLooks { get; }

    /// <summary>Bytes that no instruction tells apart share a class.</summary>
    public int ClassCount { get; }

    public ReadOnlySpan<Re2Instruction> Code => _code;

    public ReadOnlySpan<byte> ClassOf => _classOf;

    public static bool IsWord(int b) => b is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '_';

    /// <summary>The looks that hold between two bytes; -1 is the end of the text on that side.</summary>
    public static EmptyLook LooksBetween(int before, int after)
    {
        var looks = EmptyLook.None;
        looks |= before < 0 ? EmptyLook.BeginText | EmptyLook.BeginLine : before == '\n' ? EmptyLook.BeginLine : EmptyLook.None;
        looks |= after < 0 ? EmptyLook.EndText | EmptyLook.EndLine : after == '\n' ? EmptyLook.EndLine : EmptyLook.None;
        return looks | (IsWord(before) != IsWord(after) ? EmptyLook.WordBoundary : EmptyLook.NoWordBoundary);
    }

    private int Classify()
    {
        bool[] startsAt = new bool[257];
        void Split(int low, int high) => (startsAt[low], startsAt[high + 1]) = (true, true);
        foreach (var instruction in _code)
        {
            if (instruction.Op is Re2Op.Bytes)
            {
                Split(instruction.Low, instruction.High);
            }
        }

        if (HasLooks)
        {
            Split('\n', '\n');
            Split('0', '9');
            Split('A', 'Z');
            Split('_', '_');
            Split('a', 'z');
        }

        int count = 0;
        for (int b = 0; b < 256; b++)
        {
            count += b > 0 && startsAt[b] ? 1 : 0;
            _classOf[b] = (byte)count;
        }

        return count + 1;
    }
}
