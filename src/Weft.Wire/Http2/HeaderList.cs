using Weft.Wire.Http1;

namespace Weft.Wire.Http2;

/// <summary>
/// The fields of one header section, decoded, in memory of its own. Owned by a stream or a connection and reused, on its
/// loop only; nothing is allocated once it has grown to the usual size.
/// </summary>
public sealed class HeaderList
{
    private byte[] _bytes = new byte[1024];
    private Entry[] _entries = new Entry[32];
    private int _used;

    public int Count { get; private set; }

    /// <summary>RFC 9113 §6.5.2: names, values and 32 bytes for each field, kept or not.</summary>
    public long ListBytes { get; private set; }

    /// <summary>More than the limit came; what passed it was counted and left out.</summary>
    public bool IsTooLarge { get; private set; }

    public ReadOnlySpan<byte> Name(int index) => _bytes.AsSpan(_entries[index].Start, _entries[index].NameLength);

    public ReadOnlySpan<byte> Value(int index) =>
        _bytes.AsSpan(_entries[index].Start + _entries[index].NameLength, _entries[index].ValueLength);

    /// <summary>Pseudo-header fields are <see cref="KnownHeader.Other"/>.</summary>
    public KnownHeader Known(int index) => _entries[index].Known;

    /// <summary>RFC 7541 §7.1.3: whoever sends it on must not index it either.</summary>
    public bool IsNeverIndexed(int index) => _entries[index].NeverIndexed;

    public bool TryGet(ReadOnlySpan<byte> lowerName, out ReadOnlySpan<byte> value)
    {
        for (int i = 0; i < Count; i++)
        {
            if (Name(i).SequenceEqual(lowerName))
            {
                value = Value(i);
                return true;
            }
        }

        value = default;
        return false;
    }

    public void Clear()
    {
        Count = 0;
        ListBytes = 0;
        IsTooLarge = false;
        _used = 0;
    }

    /// <summary>Adds a field, unless the list would pass <paramref name="listBytesMax"/>.</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool neverIndexed = false, int listBytesMax = int.MaxValue)
    {
        ListBytes += name.Length + value.Length + HpackTable.EntryOverhead;
        if (ListBytes > listBytesMax)
        {
            IsTooLarge = true;
            return;
        }

        if (_used + name.Length + value.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + name.Length + value.Length));
        }

        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
        }

        name.CopyTo(_bytes.AsSpan(_used));
        value.CopyTo(_bytes.AsSpan(_used + name.Length));
        _entries[Count++] = new Entry(_used, name.Length, value.Length, KnownHeaders.Find(name), neverIndexed);
        _used += name.Length + value.Length;
    }

    private readonly record struct Entry(int Start, int NameLength, int ValueLength, KnownHeader Known, bool NeverIndexed);
}
