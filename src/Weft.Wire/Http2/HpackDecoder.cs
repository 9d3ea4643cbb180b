namespace Weft.Wire.Http2;

/// <summary>Reads header blocks (RFC 7541 §6). One per connection and direction, on its loop only.</summary>
public sealed class HpackDecoder
{
    private readonly HpackTable _table;
    private byte[] _text = new byte[512];
    private byte[] _name = new byte[128];

    /// <param name="tableBytesMax">What we advertise as SETTINGS_HEADER_TABLE_SIZE.</param>
    public HpackDecoder(int tableBytesMax = 4096) => _table = new HpackTable(tableBytesMax);

    /// <summary>
    /// Reads one whole block into <paramref name="list"/>. False: COMPRESSION_ERROR, the connection's table is lost (RFC 9113 §4.3).
    /// A list over its limit is still read to its end, since later blocks build on this one's table.
    /// </summary>
    public bool TryDecode(ReadOnlySpan<byte> block, HeaderList list, int listBytesMax)
    {
        bool sizeAllowed = true; // §4.2: table size updates come first
        while (!block.IsEmpty)
        {
            byte first = block[0];
            bool isSizeUpdate = (first & 0xE0) == 0x20;
            bool ok = isSizeUpdate
                ? sizeAllowed && TryResize(ref block)
                : (first & 0x80) != 0 ? TryIndexed(ref block, list, listBytesMax) : TryLiteral(ref block, list, listBytesMax);
            if (!ok)
            {
                return false;
            }

            sizeAllowed &= isSizeUpdate;
        }

        return true;
    }

    private bool TryResize(ref ReadOnlySpan<byte> block)
    {
        if (!HpackInteger.TryRead(ref block, 5, out int size) || size > _table.SizeMax)
        {
            return false;
        }

        _table.Resize(size);
        return true;
    }

    private bool TryIndexed(ref ReadOnlySpan<byte> block, HeaderList list, int listBytesMax)
    {
        if (!HpackInteger.TryRead(ref block, 7, out int index) || !IsIndex(index))
        {
            return false;
        }

        list.Add(NameAt(index), ValueAt(index), neverIndexed: false, listBytesMax);
        return true;
    }

    /// <summary>With indexing (01), without (0000), never (0001); the name by index or as text.</summary>
    private bool TryLiteral(ref ReadOnlySpan<byte> block, HeaderList list, int listBytesMax)
    {
        bool isIndexing = (block[0] & 0x40) != 0;
        bool isNever = !isIndexing && (block[0] & 0x10) != 0;
        if (!HpackInteger.TryRead(ref block, isIndexing ? 6 : 4, out int nameIndex))
        {
            return false;
        }

        ReadOnlySpan<byte> name;
        if (nameIndex == 0)
        {
            if (!TryText(ref block, ref _name, out name))
            {
                return false;
            }
        }
        else if (IsIndex(nameIndex))
        {
            // Copied: adding the field may evict the entry that lends its name (§4.4).
            name = Copy(NameAt(nameIndex));
        }
        else
        {
            return false;
        }

        if (!TryText(ref block, ref _text, out ReadOnlySpan<byte> value))
        {
            return false;
        }

        list.Add(name, value, isNever, listBytesMax);
        if (isIndexing)
        {
            _table.Add(name, value);
        }

        return true;
    }

    /// <summary>String literals (§5.2). The decoded text stands in the block itself or in <paramref name="memory"/>.</summary>
    private static bool TryText(scoped ref ReadOnlySpan<byte> block, scoped ref byte[] memory, out ReadOnlySpan<byte> text)
    {
        text = default;
        bool isHuffman = !block.IsEmpty && (block[0] & 0x80) != 0;
        if (!HpackInteger.TryRead(ref block, 7, out int length) || length > block.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> raw = block[..length];
        block = block[length..];
        if (!isHuffman)
        {
            text = raw;
            return true;
        }

        // The shortest code has 5 bits, so text is at most 8/5 of its code; blocks are bounded before they come here.
        int textMax = length / 5 * 8 + 8;
        if (memory.Length < textMax)
        {
            memory = new byte[textMax];
        }

        bool ok = HuffmanCode.TryDecode(raw, memory, out int written);
        text = memory.AsSpan(0, written);
        return ok;
    }

    private ReadOnlySpan<byte> Copy(ReadOnlySpan<byte> name)
    {
        if (_name.Length < name.Length)
        {
            _name = new byte[name.Length];
        }

        name.CopyTo(_name);
        return _name.AsSpan(0, name.Length);
    }

    private bool IsIndex(int index) => index > 0 && index <= HpackStatic.Count + _table.Count;

    private ReadOnlySpan<byte> NameAt(int index) =>
        index <= HpackStatic.Count ? HpackStatic.Name(index) : _table.Name(index - HpackStatic.Count - 1);

    private ReadOnlySpan<byte> ValueAt(int index) =>
        index <= HpackStatic.Count ? HpackStatic.Value(index) : _table.Value(index - HpackStatic.Count - 1);
}
