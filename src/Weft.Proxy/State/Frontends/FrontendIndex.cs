using Weft.Policy;

namespace Weft.Proxy.State.Frontends;

/// <summary>
/// Finds frontends by a hash of one of their names or addresses, which it does not hold itself: whoever asks compares. Open addressing; of equal hashes those
/// added first come first. Filled once, then immutable; a look-up allocates nothing.
/// </summary>
internal sealed class FrontendIndex
{
    private readonly Slot[] _slots;

    /// <param name="entries">How many will be added.</param>
    public FrontendIndex(int entries) => _slots = new Slot[entries + (entries / 3) + 1]; // never full: a walk ends at a free slot

    public static uint Hash(ReadOnlySpan<char> text) => (uint)string.GetHashCode(text);

    public static uint Hash(IpValue address) => (uint)address.GetHashCode();

    /// <param name="frontend">Which of the table's.</param>
    /// <param name="part">Which of its names or addresses.</param>
    public void Add(uint hash, int frontend, int part)
    {
        int at = Start(hash);
        while (_slots[at].Frontend != 0)
        {
            at = Next(at);
        }

        _slots[at] = new Slot(hash, frontend + 1, part);
    }

    public Walk Find(uint hash) => new(this, hash);

    private int Start(uint hash) => (int)(((ulong)hash * (ulong)_slots.Length) >> 32);

    private int Next(int at) => at + 1 == _slots.Length ? 0 : at + 1;

    /// <summary>What was added with one hash.</summary>
    public ref struct Walk
    {
        private readonly FrontendIndex _index;
        private readonly uint _hash;
        private int _at;

        internal Walk(FrontendIndex index, uint hash)
        {
            _index = index;
            _hash = hash;
            _at = index.Start(hash);
        }

        public bool TryNext(out int frontend, out int part)
        {
            while (_index._slots[_at] is { Frontend: not 0 } slot)
            {
                _at = _index.Next(_at);
                if (slot.Hash == _hash)
                {
                    (frontend, part) = (slot.Frontend - 1, slot.Part);
                    return true;
                }
            }

            (frontend, part) = (-1, -1);
            return false;
        }
    }

    /// <param name="Frontend">Its place and one; 0: nothing is here.</param>
    private readonly record struct Slot(uint Hash, int Frontend, int Part);
}
