namespace Weft.Primitives.Expressions;

/// <summary>
/// Finds the leftmost match in a text with its groups, by the priorities of the alternatives (Pike's virtual machine): time is bounded by program size
/// times text. The working space belongs to the thread; warm searches allocate nothing.
/// </summary>
internal sealed class Re2Search(Re2Program program, int slots)
{
    [ThreadStatic]
    private static Scratch? _scratch;

    /// <summary>Fills <paramref name="groups"/> with the ends of groups, -1 where a group took no part; false without a match from there on.</summary>
    public bool TryFind(ReadOnlySpan<byte> text, int from, Span<int> groups)
    {
        var scratch = _scratch ??= new Scratch();
        scratch.Reset(program.Length, slots);
        bool found = false;
        for (int at = from; at <= text.Length; at++)
        {
            int before = at == 0 ? -1 : text[at - 1];
            int after = at == text.Length ? -1 : text[at];
            if (!found)
            {
                scratch.Slots.AsSpan(0, slots).Fill(-1);
                AddThread(scratch, program.Start, at, Re2Program.LooksBetween(before, after));
            }
            else if (scratch.Current.Count == 0)
            {
                break;
            }

            found |= Step(scratch, text, at, groups);
            (scratch.Current, scratch.Following) = (scratch.Following, scratch.Current);
            (scratch.CurrentSlots, scratch.FollowingSlots) = (scratch.FollowingSlots, scratch.CurrentSlots);
            scratch.Following.Reset(program.Length);
        }

        return found;
    }

    /// <summary>Moves every thread over one byte, in order of priority; a match cuts off those behind it.</summary>
    private bool Step(Scratch scratch, ReadOnlySpan<byte> text, int at, Span<int> groups)
    {
        var code = program.Code;
        var members = scratch.Current.Members;
        for (int i = 0; i < members.Length; i++)
        {
            ref readonly var instruction = ref code[members[i]];
            var saved = scratch.CurrentSlots.AsSpan(members[i] * slots, slots);
            if (instruction.Op is Re2Op.Match)
            {
                saved.CopyTo(groups);
                return true;
            }

            if (instruction.Op is Re2Op.Bytes && at < text.Length && text[at] >= instruction.Low && text[at] <= instruction.High)
            {
                int after = at + 1 == text.Length ? -1 : text[at + 1];
                saved.CopyTo(scratch.Slots);
                (scratch.Current, scratch.Following) = (scratch.Following, scratch.Current);
                (scratch.CurrentSlots, scratch.FollowingSlots) = (scratch.FollowingSlots, scratch.CurrentSlots);
                AddThread(scratch, instruction.Out, at + 1, Re2Program.LooksBetween(text[at], after));
                (scratch.Current, scratch.Following) = (scratch.Following, scratch.Current);
                (scratch.CurrentSlots, scratch.FollowingSlots) = (scratch.FollowingSlots, scratch.CurrentSlots);
            }
        }

        return false;
    }

    /// <summary>
    /// Adds a thread and all that it reaches without a byte to the current set, in order of priority. The stack holds instructions to visit and, as
    /// negative entries, slots to restore once the branch that set them is done.
    /// </summary>
    private void AddThread(Scratch scratch, int start, int at, EmptyLook looks)
    {
        var code = program.Code;
        var stack = scratch.Stack;
        int depth = 0;
        stack[depth++] = (start, 0);
        while (depth > 0)
        {
            var (next, old) = stack[--depth];
            if (next < 0)
            {
                scratch.Slots[~next] = old;
                continue;
            }

            if (!scratch.Current.TryAdd(next))
            {
                continue;
            }

            ref readonly var instruction = ref code[next];
            switch (instruction.Op)
            {
                case Re2Op.Fork:
                    stack[depth++] = (instruction.Other, 0);
                    stack[depth++] = (instruction.Out, 0);
                    break;
                case Re2Op.Look when (instruction.Look & ~looks) == 0:
                    stack[depth++] = (instruction.Out, 0);
                    break;
                case Re2Op.Save:
                    stack[depth++] = (~instruction.Other, scratch.Slots[instruction.Other]);
                    scratch.Slots[instruction.Other] = at;
                    stack[depth++] = (instruction.Out, 0);
                    break;
                case Re2Op.Bytes or Re2Op.Match:
                    scratch.Slots.AsSpan(0, slots).CopyTo(scratch.CurrentSlots.AsSpan(next * slots));
                    break;
                default:
                    break;
            }
        }
    }

    private sealed class Scratch
    {
        public Re2Threads Current { get; set; } = new();

        public Re2Threads Following { get; set; } = new();

        public int[] CurrentSlots { get; set; } = [];

        public int[] FollowingSlots { get; set; } = [];

        public int[] Slots { get; private set; } = [];

        public (int Next, int Old)[] Stack { get; private set; } = [];

        public void Reset(int length, int slots)
        {
            Current.Reset(length);
            Following.Reset(length);
            if (CurrentSlots.Length < length * slots || FollowingSlots.Length < length * slots || Slots.Length < slots)
            {
                CurrentSlots = new int[length * slots];
                FollowingSlots = new int[length * slots];
                Slots = new int[slots];
            }

            if (Stack.Length < (length * 3) + 1)
            {
                Stack = new (int, int)[(length * 3) + 1];
            }
        }
    }
}
