namespace Weft.Primitives.Expressions;

/// <summary>
/// Answers whether a whole text matches, and which expressions of a set do. Sets of instructions become states of an automaton as texts need
/// them, so that a warm match costs one array read per byte; the number of states is bounded, and beyond the bound sets are followed one byte at
/// a time. Shared by all loops: states are added under the gate and published whole.
/// </summary>
internal sealed class Re2Automaton
{
    /// <summary>Transitions that one expression may remember: 8 bytes each.</summary>
    public const int TransitionsMax = 1 << 16;

    [ThreadStatic]
    private static Scratch? _scratch;

    private readonly Lock _gate = new();
    private readonly Re2Program _program;
    private readonly Dictionary<int[], State> _states = new(SetComparer.Instance);
    private readonly State _start;
    private readonly State _dead;
    private readonly int _statesMax;
    private int _instructionsLeft;

    /// <param name="instructionsMax">What all states together may remember of the program: 4 bytes each.</param>
    public Re2Automaton(Re2Program program, int instructionsMax = int.MaxValue)
    {
        _program = program;
        _instructionsLeft = instructionsMax;
        _statesMax = Math.Max(8, TransitionsMax / program.ClassCount);
        _dead = new State([], -2, 0);
        _start = new State([program.Start], -1, program.ClassCount);
        _states.Add(KeyOf(_start.Pending, _start.Before), _start);
    }

    public bool IsMatch(ReadOnlySpan<byte> text)
    {
        var classOf = _program.ClassOf;
        var state = _start;
        for (int i = 0; i < text.Length; i++)
        {
            var next = Volatile.Read(ref state.Next[classOf[text[i]]]);
            if (next is null && !TryStep(state, text[i], out next))
            {
                return Follow(state, text[i..]);
            }

            state = next;
            if (ReferenceEquals(state, _dead))
            {
                return false;
            }
        }

        return Accepted(state).Length > 0;
    }

    /// <summary>The numbers of the matching expressions of a set, ascending; false when the automaton would have to grow beyond its bound.</summary>
    public bool TryMatches(scoped ReadOnlySpan<byte> text, out ReadOnlySpan<int> numbers)
    {
        var classOf = _program.ClassOf;
        var state = _start;
        numbers = default;
        foreach (byte b in text)
        {
            var next = Volatile.Read(ref state.Next[classOf[b]]);
            if (next is null && !TryStep(state, b, out next))
            {
                return false;
            }

            state = next;
            if (ReferenceEquals(state, _dead))
            {
                return true;
            }
        }

        numbers = Accepted(state);
        return true;
    }

    private int[] Accepted(State state)
    {
        int[]? accepted = state.Accepted;
        if (accepted is null)
        {
            var scratch = _scratch ??= new Scratch();
            Close(state.Pending, state.Before, -1, scratch);
            var found = new SortedSet<int>();
            foreach (int at in scratch.Closure.Members)
            {
                if (_program.Code[at].Op is Re2Op.Match)
                {
                    found.Add(_program.Code[at].Other);
                }
            }

            state.Accepted = accepted = [.. found];
        }

        return accepted;
    }

    /// <summary>Makes the state that follows; false when there are too many already.</summary>
    private bool TryStep(State state, byte b, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out State next)
    {
        lock (_gate)
        {
            var scratch = _scratch ??= new Scratch();
            Step(state.Pending, state.Before, b, scratch);
            if (scratch.Next.Count == 0)
            {
                next = _dead;
            }
            else
            {
                int[] pending = scratch.Next.Members.ToArray();
                int before = _program.HasLooks ? Context(b) : -2;
                int[] key = KeyOf(pending, before);
                if (!_states.TryGetValue(key, out next))
                {
                    if (_states.Count >= _statesMax || _instructionsLeft < pending.Length)
                    {
                        return false;
                    }

                    _instructionsLeft -= pending.Length;

                    next = new State(pending, before, _program.ClassCount);
                    _states.Add(key, next);
                }
            }

            Volatile.Write(ref state.Next[_program.ClassOf[b]], next);
            return true;
        }
    }

    /// <summary>The same steps without remembering them.</summary>
    private bool Follow(State state, ReadOnlySpan<byte> rest)
    {
        var scratch = _scratch ??= new Scratch();
        int before = state.Before;
        scratch.Pending.Reset(_program.Length);
        foreach (int instruction in state.Pending)
        {
            scratch.Pending.TryAdd(instruction);
        }

        foreach (byte b in rest)
        {
            Step(scratch.Pending.Members, before, b, scratch);
            if (scratch.Next.Count == 0)
            {
                return false;
            }

            (scratch.Pending, scratch.Next) = (scratch.Next, scratch.Pending);
            before = _program.HasLooks ? Context(b) : -2;
        }

        return AcceptsAtEnd(scratch.Pending.Members, before, scratch);
    }

    private void Step(ReadOnlySpan<int> pending, int before, byte b, Scratch scratch)
    {
        Close(pending, before, b, scratch);
        scratch.Next.Reset(_program.Length);
        var code = _program.Code;
        foreach (int at in scratch.Closure.Members)
        {
            if (code[at].Op is Re2Op.Bytes && b >= code[at].Low && b <= code[at].High)
            {
                scratch.Next.TryAdd(code[at].Out);
            }
        }
    }

    private bool AcceptsAtEnd(ReadOnlySpan<int> pending, int before, Scratch scratch)
    {
        Close(pending, before, -1, scratch);
        var code = _program.Code;
        foreach (int at in scratch.Closure.Members)
        {
            if (code[at].Op is Re2Op.Match)
            {
                return true;
            }
        }

        return false;
    }

    private void Close(ReadOnlySpan<int> pending, int before, int after, Scratch scratch)
    {
        var looks = _program.HasLooks ? Re2Program.LooksBetween(before, after) : EmptyLook.None;
        scratch.Closure.Reset(_program.Length);
        foreach (int at in pending)
        {
            scratch.Closure.AddClosure(_program, at, looks);
        }
    }

    /// <summary>Of the byte before, only what looks ask for: newline, word, other.</summary>
    private static int Context(byte b) => b == '\n' ? '\n' : Re2Program.IsWord(b) ? 'a' : ' ';

    private static int[] KeyOf(int[] pending, int before)
    {
        int[] key = [.. pending, before];
        key.AsSpan(0, pending.Length).Sort();
        return key;
    }

    /// <summary>Where a text may be: instructions that wait for what comes next, so that looks can see it.</summary>
    private sealed class State(int[] pending, int before, int classes)
    {
        public int[] Pending { get; } = pending;

        /// <summary>The byte before, as far as it matters; -1 at the beginning.</summary>
        public int Before { get; } = before;

        public State?[] Next { get; } = new State?[classes];

        /// <summary>Which expressions match when the text ends here. Null: not known yet; two loops that find out at once write the same.</summary>
        public int[]? Accepted { get; set; }
    }

    private sealed class Scratch
    {
        public Re2Threads Pending { get; set; } = new();

        public Re2Threads Next { get; set; } = new();

        public Re2Threads Closure { get; } = new();
    }

    private sealed class SetComparer : IEqualityComparer<int[]>
    {
        public static SetComparer Instance { get; } = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(obj.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
