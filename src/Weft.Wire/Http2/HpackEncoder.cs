using Weft.Wire.Http1;

namespace Weft.Wire.Http2;

/// <summary>Writes header blocks (RFC 7541 §6). One per connection and direction, on its loop only.</summary>
/// <remarks>
/// Credentials are never indexed (§7.1.3): an entry in a table that others' requests share can be guessed byte by byte.
/// Values that change with each request are not indexed either: they would only push out what repeats.
/// </remarks>
public sealed class HpackEncoder
{
    private readonly HpackTable _table;
    private int _smallestResize = int.MaxValue;

    public HpackEncoder(int tableBytesMax = 4096) => _table = new HpackTable(tableBytesMax);

    /// <summary>Whether text is shortened (§5.2). Between peers on fast networks the bytes saved cost more than they weigh.</summary>
    public bool UsesHuffman { get; init; } = true;

    /// <summary>The most bytes one field can take: its text unshortened, two lengths and an index.</summary>
    public static int FieldBytesMax(int nameLength, int valueLength) => nameLength + valueLength + (3 * HpackInteger.BytesMax);

    /// <summary>The peer's SETTINGS_HEADER_TABLE_SIZE; announced at the next block's start (§4.2, §6.3).</summary>
    public void SetTableSize(int size)
    {
        int capacity = Math.Min(size, _table.SizeMax);
        if (capacity != _table.Capacity || _smallestResize != int.MaxValue)
        {
            _smallestResize = Math.Min(_smallestResize, capacity);
            _table.Resize(capacity);
        }
    }

    /// <summary>Begins a block; 0 to 12 bytes.</summary>
    public int Begin(Span<byte> output)
    {
        if (_smallestResize == int.MaxValue)
        {
            return 0;
        }

        int written = 0;
        if (_smallestResize < _table.Capacity)
        {
            written = HpackInteger.Write(output, 0x20, 5, _smallestResize);
        }

        _smallestResize = int.MaxValue;
        return written + HpackInteger.Write(output[written..], 0x20, 5, _table.Capacity);
    }

    /// <summary>Writes one field, its name in lower case; the output has <see cref="FieldBytesMax"/> bytes of room.</summary>
    public int Write(Span<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool neverIndex = false)
    {
        KnownHeader known = KnownHeaders.Find(name);
        int nameIndex = known is KnownHeader.Other ? HpackStatic.Find(name, value, out bool isWhole) : HpackStatic.Find(known, value, out isWhole);
        if (isWhole)
        {
            return HpackInteger.Write(output, 0x80, 7, nameIndex);
        }

        Indexing indexing = neverIndex ? Indexing.Never : Choose(known, name, value);
        if (indexing is Indexing.Yes)
        {
            int index = _table.Find(name, value);
            if (index >= 0)
            {
                return HpackInteger.Write(output, 0x80, 7, HpackStatic.Count + 1 + index);
            }

            _table.Add(name, value);
        }

        int written = indexing switch
        {
            Indexing.Yes => HpackInteger.Write(output, 0x40, 6, nameIndex),
            Indexing.Never => HpackInteger.Write(output, 0x10, 4, nameIndex),
            _ => HpackInteger.Write(output, 0x00, 4, nameIndex),
        };
        written += nameIndex == 0 ? WriteText(output[written..], name) : 0;
        return written + WriteText(output[written..], value);
    }

    private int WriteText(Span<byte> output, ReadOnlySpan<byte> text)
    {
        int huffmanLength = UsesHuffman ? HuffmanCode.EncodedLength(text) : text.Length;
        if (huffmanLength >= text.Length)
        {
            int head = HpackInteger.Write(output, 0x00, 7, text.Length);
            text.CopyTo(output[head..]);
            return head + text.Length;
        }

        int written = HpackInteger.Write(output, 0x80, 7, huffmanLength);
        HuffmanCode.Encode(text, output.Slice(written, huffmanLength));
        return written + huffmanLength;
    }

    private Indexing Choose(KnownHeader known, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        switch (known)
        {
            case KnownHeader.Other when name.SequenceEqual(":path"u8):
                return Indexing.No;
            case KnownHeader.Authorization or KnownHeader.ProxyAuthorization or KnownHeader.Cookie or KnownHeader.SetCookie:
                return Indexing.Never;
            case KnownHeader.ContentLength or KnownHeader.Date or KnownHeader.XRequestId or KnownHeader.Traceparent or KnownHeader.Tracestate
                or KnownHeader.Baggage or KnownHeader.B3 or KnownHeader.XB3TraceId or KnownHeader.XB3SpanId or KnownHeader.XB3ParentSpanId
                or KnownHeader.GrpcTimeout or KnownHeader.Location or KnownHeader.Referer:
                return Indexing.No;
            default:
                // One field may take a quarter of the table, so that it cannot push out all others.
                return name.Length + value.Length + HpackTable.EntryOverhead <= _table.Capacity / 4 ? Indexing.Yes : Indexing.No;
        }
    }

    private enum Indexing : byte
    {
        Yes,
        No,
        Never,
    }
}
