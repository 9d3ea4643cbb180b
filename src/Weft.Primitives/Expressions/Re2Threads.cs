namespace Weft.Primitives.Expressions;

/// <summary>A set of instructions that remembers the order of its members; cleared in one step (Briggs and Torczon's sparse set).</summary>
internal sealed class Re2Threads
{
    private int[] _dense = [];
    private int[] _sparse = [];
    private int[] _stack = [];
    private int _depth;

    public int Count { get; private set; }

    public ReadOnlySpan<int> Members => _dense.AsSpan(0, Count);

    /// <summary>Grows with the largest program that it was used for; warm uses allocate nothing.</summary>
    public void Reset(int programLength)
    {
        Count = 0;
        if (_dense.Length < programLength)
        {
            _dense = new int[programLength];
            _sparse = new int[programLength];
            _stack = new int[(programLength * 2) + 1];
        }
    }

    public bool TryAdd(int instruction)
    {
        int at = _sparse[instruction];
        if (at < Count && _dense[at] == instruction)
        {
            return false;
        }

        _sparse[instruction] = Count;
        _dense[Count++] = instruction;
        return true;
    }

    /// <summary>Adds all that is reached from an instruction without taking a byte.</summary>
    public void AddClosure(Re2Program program, int start, EmptyLook looks)
    {
        var code = program.Code;
        _depth = 0;
        _stack[_depth++] = start;
        while (_depth > 0)
        {
            int at = _stack[--_depth];
            if (!TryAdd(at))
            {
                continue;
            }

            ref readonly var instruction = ref code[at];
            switch (instruction.Op)
            {
                case Re2Op.Fork:
                    _stack[_depth++] = instruction.Other;
                    _stack[_depth++] = instruction.Out;
                    break;
                case Re2Op.Save:
                case Re2Op.Look when (instruction.Look & ~looks) == 0:
                    _stack[_depth++] = instruction.Out;
                    break;
                default:
                    break;
            }
        }
    }
}
