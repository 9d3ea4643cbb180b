using System.Text;

namespace Weft.Wire.Http1;

/// <summary>
/// The field lines of one head. Owned by a connection and reused by every message on it, on its loop only; nothing is
/// allocated once it has grown to the usual size.
/// </summary>
public sealed class HeaderTable
{
    private const int FieldsUsual = 32;

    private const short None = -1;

    private readonly short[] _first = new short[KnownHeaders.Count];
    private readonly byte[] _counts = new byte[KnownHeaders.Count];
    private HeaderField[] _fields = new HeaderField[FieldsUsual];
    private bool[] _dropped = new bool[FieldsUsual];

    public HeaderTable() => _first.AsSpan().Fill(None);

    public int Count { get; private set; }

    public HeaderField this[int index] => _fields[index];

    /// <summary>The first line of a known name, or -1.</summary>
    public int IndexOf(KnownHeader header) => _first[(int)header];

    /// <summary>How many lines have a known name; 255 stands for all above.</summary>
    public int CountOf(KnownHeader header) => _counts[(int)header];

    public bool Has(KnownHeader header) => _first[(int)header] != None;

    /// <summary>The value of the first line of a known name.</summary>
    public bool TryGet(KnownHeader header, ReadOnlySpan<byte> input, out ReadOnlySpan<byte> value)
    {
        int index = _first[(int)header];
        value = index < 0 ? default : _fields[index].Value.In(input);
        return index >= 0;
    }

    /// <summary>The next line with that name (any case) from <paramref name="from"/> on, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name, ReadOnlySpan<byte> input, int from = 0)
    {
        for (int i = from; i < Count; i++)
        {
            if (_fields[i].NameLength == name.Length && Ascii.EqualsIgnoreCase(_fields[i].Name.In(input), name))
            {
                return i;
            }
        }

        return None;
    }

    /// <summary>Whether the line stays behind when the head is copied: hop-by-hop, or dropped by the caller.</summary>
    public bool IsDropped(int index) => _dropped[index];

    public void Drop(int index) => _dropped[index] = true;

    public void Drop(KnownHeader header)
    {
        for (int i = _first[(int)header]; i >= 0 && i < Count; i++)
        {
            _dropped[i] |= _fields[i].Known == header;
        }
    }

    /// <summary>Drops all lines with that name; true when there was one.</summary>
    public bool Drop(ReadOnlySpan<byte> name, ReadOnlySpan<byte> input)
    {
        bool any = false;
        for (int i = Find(name, input); i >= 0; i = Find(name, input, i + 1))
        {
            any = true;
            _dropped[i] = true;
        }

        return any;
    }

    /// <summary>One line in the place of all with its name, which are dropped.</summary>
    internal void Replace(KnownHeader header, in HeaderField field)
    {
        Drop(header);
        _first[(int)header] = (short)Count;
        _counts[(int)header] = 0;
        Add(field);
    }

    /// <summary>Forgets the fields, name by name: a head has few of all that are known.</summary>
    internal void Clear()
    {
        for (int i = 0; i < Count; i++)
        {
            int known = (int)_fields[i].Known;
            _first[known] = None;
            _counts[known] = 0;
            _dropped[i] = false;
        }

        Count = 0;
    }

    /// <summary>Forgets the room that a head with many fields needed; the table is empty.</summary>
    internal void Shrink()
    {
        if (_fields.Length > FieldsUsual)
        {
            _fields = new HeaderField[FieldsUsual];
            _dropped = new bool[FieldsUsual];
        }
    }

    internal void Add(in HeaderField field)
    {
        if (Count == _fields.Length)
        {
            Array.Resize(ref _fields, Count * 2);
            Array.Resize(ref _dropped, Count * 2);
        }

        ref short first = ref _first[(int)field.Known];
        first = first == None && field.Known != KnownHeader.Other ? (short)Count : first;
        ref byte count = ref _counts[(int)field.Known];
        count = count == byte.MaxValue ? count : (byte)(count + 1);
        _fields[Count++] = field;
    }
}
