using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Weft.Policy.Routing;

/// <summary>
/// Entries by four bytes that a text must hold somewhere for them to match. One walk over a text gives each list of candidates at most once.
/// Built once, then only read.
/// </summary>
internal sealed class GramIndex
{
    public const int Length = 4;

    /// <summary>What a walk remembers on the stack: one bit each.</summary>
    public const int GramsMax = 4096;

    private const uint Multiplier = 0x9E37_79B1;

    private readonly List<int>[] _lists;
    private readonly int[] _slots; // place in _lists + 1; 0: free
    private readonly uint[] _keys;
    private readonly int _shift;

    private GramIndex(Dictionary<uint, List<int>> grams)
    {
        int size = 16;
        while (size < grams.Count * 2)
        {
            size *= 2;
        }

        _shift = 32 - int.Log2(size);
        _slots = new int[size];
        _keys = new uint[size];
        _lists = [.. grams.Values];
        int place = 0;
        foreach (uint gram in grams.Keys)
        {
            int at = (int)((gram * Multiplier) >> _shift);
            while (_slots[at] != 0)
            {
                at = (at + 1) & (size - 1);
            }

            (_slots[at], _keys[at]) = (++place, gram);
        }
    }

    /// <summary>How many words of <c>seen</c> a walk needs.</summary>
    public int SeenWords => (_lists.Length + 63) / 64;

    public static uint Key(ReadOnlySpan<byte> four) => BinaryPrimitives.ReadUInt32LittleEndian(four);

    public static GramIndex? Create(Dictionary<uint, List<int>> grams) => grams.Count == 0 ? null : new GramIndex(grams);

    /// <summary>Goes on from <paramref name="at"/> to the next gram of the text that has entries; false at the end.</summary>
    public bool TryNext(scoped ReadOnlySpan<byte> text, scoped ref int at, scoped Span<ulong> seen, out ReadOnlySpan<int> entries)
    {
        while (at + Length <= text.Length)
        {
            uint gram = Key(text[at++..]);
            int slot = (int)((gram * Multiplier) >> _shift);
            for (; _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
            {
                if (_keys[slot] != gram)
                {
                    continue;
                }

                int place = _slots[slot] - 1;
                ulong bit = 1UL << (place & 63);
                if ((seen[place >> 6] & bit) != 0)
                {
                    break;
                }

                seen[place >> 6] |= bit;
                entries = CollectionsMarshal.AsSpan(_lists[place]);
                return true;
            }
        }

        entries = default;
        return false;
    }
}
