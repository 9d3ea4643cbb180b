using System.Buffers.Binary;
using System.Numerics;

namespace Weft.Wire.Http2;

/// <summary>The dynamic table (RFC 7541 §2.3.2, §4), as one side of one connection holds it. Its memory is fixed by its largest size.</summary>
internal sealed class HpackTable
{
    /// <summary>§4.1: an entry counts its bytes and this.</summary>
    internal const int EntryOverhead = 32;

    private readonly byte[] _bytes;
    private readonly Entry[] _entries;
    private readonly int[] _hashes;
    private int _firstEntry;
    private int _endEntry;
    private int _endByte;

    /// <param name="sizeMax">The most it can ever be told to hold.</param>
    internal HpackTable(int sizeMax)
    {
        SizeMax = sizeMax;
        Capacity = sizeMax;

        // Twice what can be alive, so that moving to the front is rare: once per that many bytes added.
        _bytes = new byte[sizeMax * 2];
        _entries = new Entry[Math.Max(sizeMax / EntryOverhead, 1) * 2];
        _hashes = new int[_entries.Length];
    }

    internal int SizeMax { get; }

    internal int Capacity { get; private set; }

    internal int Size { get; private set; }

    internal int Count => _endEntry - _firstEntry;

    /// <param name="index">0 is the newest.</param>
    internal ReadOnlySpan<byte> Name(int index)
    {
        ref readonly Entry entry = ref _entries[_endEntry - 1 - index];
        return _bytes.AsSpan(entry.Start, entry.NameLength);
    }

    internal ReadOnlySpan<byte> Value(int index)
    {
        ref readonly Entry entry = ref _entries[_endEntry - 1 - index];
        return _bytes.AsSpan(entry.Start + entry.NameLength, entry.ValueLength);
    }

    internal void Resize(int capacity)
    {
        Capacity = Math.Min(capacity, SizeMax);
        Evict(0);
    }

    /// <summary>§4.4: makes room, then adds; what is larger than the table empties it. The spans do not point into this table's evictable part unless copied before.</summary>
    internal void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int size = name.Length + value.Length + EntryOverhead;
        if (size > Capacity)
        {
            Clear();
            return;
        }

        Evict(size);
        if (_endEntry == _entries.Length || _endByte + name.Length + value.Length > _bytes.Length)
        {
            MoveToFront();
        }

        _entries[_endEntry] = new Entry(_endByte, name.Length, value.Length);
        _hashes[_endEntry++] = Hash(name, value);
        name.CopyTo(_bytes.AsSpan(_endByte));
        value.CopyTo(_bytes.AsSpan(_endByte + name.Length));
        _endByte += name.Length + value.Length;
        Size += size;
    }

    /// <summary>The newest equal field's index, or -1.</summary>
    internal int Find(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int hash = Hash(name, value);
        int end = _endEntry;
        while (true)
        {
            int found = _hashes.AsSpan(_firstEntry, end - _firstEntry).LastIndexOf(hash);
            if (found < 0)
            {
                return -1;
            }

            end = _firstEntry + found;
            int index = _endEntry - 1 - end;
            if (Name(index).SequenceEqual(name) && Value(index).SequenceEqual(value))
            {
                return index;
            }
        }
    }

    /// <summary>Tells fields apart before their bytes are compared; a table holds so few that collisions cost nothing worth preparing.</summary>
    private static int Hash(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        const ulong odd = 0x9E3779B97F4A7C15; // 2^64 / golden ratio
        ulong hash = (Ends(name) * odd) ^ (ulong)name.Length;
        hash = (hash ^ Ends(value)) * odd;
        return (int)((hash ^ (ulong)value.Length) >> 32) ^ (int)hash;
    }

    /// <summary>The first and the last eight bytes, which is where names and values differ.</summary>
    private static ulong Ends(ReadOnlySpan<byte> text)
    {
        if (text.Length >= sizeof(ulong))
        {
            return BinaryPrimitives.ReadUInt64LittleEndian(text) ^ BitOperations.RotateLeft(BinaryPrimitives.ReadUInt64LittleEndian(text[^sizeof(ulong)..]), 29);
        }

        ulong all = 0;
        foreach (byte letter in text)
        {
            all = (all << 8) | letter;
        }

        return all;
    }

    private void Evict(int needed)
    {
        while (Count > 0 && Size + needed > Capacity)
        {
            ref readonly Entry oldest = ref _entries[_firstEntry++];
            Size -= oldest.NameLength + oldest.ValueLength + EntryOverhead;
        }
    }

    private void Clear()
    {
        _firstEntry = 0;
        _endEntry = 0;
        _endByte = 0;
        Size = 0;
    }

    private void MoveToFront()
    {
        int firstByte = Count == 0 ? _endByte : _entries[_firstEntry].Start;
        _bytes.AsSpan(firstByte, _endByte - firstByte).CopyTo(_bytes);
        int count = Count;
        for (int i = 0; i < count; i++)
        {
            Entry entry = _entries[_firstEntry + i];
            _entries[i] = entry with { Start = entry.Start - firstByte };
            _hashes[i] = _hashes[_firstEntry + i];
        }

        _firstEntry = 0;
        _endEntry = count;
        _endByte -= firstByte;
    }

    private readonly record struct Entry(int Start, int NameLength, int ValueLength);
}
