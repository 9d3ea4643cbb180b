using Weft.Wire.Http1;

namespace Weft.Wire.Http2;

/// <summary>
/// The fields of one header section, decoded, in memory of its own and in the form of HTTP/1 field lines, so that whoever
/// reads or forwards a head need not know which version brought it. Owned by a stream or a connection and reused, on its
/// loop only; nothing is allocated once it has grown to the usual size.
/// </summary>
public sealed class HeaderList
{
    /// <summary>More is given back once the list serves another head: one large head must not hold its memory for all that follow.</summary>
    private const int BytesKept = 16 << 10;

    private const int BytesMin = 1 << 10;

    /// <summary>": " and CRLF.</summary>
    private const int LineOverhead = 4;

    private byte[] _bytes = new byte[BytesMin];
    private int _used;

    public int Count => Lines.Count;

    /// <summary>RFC 9113 §6.5.2: names, values and 32 bytes for each field, kept or not.</summary>
    public long ListBytes { get; private set; }

    /// <summary>More than the limit came; what passed its bytes was counted and left out.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>The fields as lines of <see cref="Bytes"/>, pseudo-header fields among them.</summary>
    public HeaderTable Lines { get; } = new();

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _used);

    public ReadOnlySpan<byte> Name(int index) => Lines[index].Name.In(_bytes);

    public ReadOnlySpan<byte> Value(int index) => Lines[index].Value.In(_bytes);

    /// <summary>Pseudo-header fields are <see cref="KnownHeader.Other"/>.</summary>
    public KnownHeader Known(int index) => Lines[index].Known;

    /// <summary>RFC 7541 §7.1.3: whoever sends it on must not index it either.</summary>
    public bool IsNeverIndexed(int index) => Lines[index].NeverIndexed;

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

    /// <summary>The caller has a limit of its own that the list passes.</summary>
    public void Refuse() => IsTooLarge = true;

    public void Clear()
    {
        Lines.Clear();
        ListBytes = 0;
        IsTooLarge = false;
        _used = 0;
    }

    /// <summary>Forgets a head that was large, and the memory that it needed.</summary>
    public void Shrink()
    {
        if (_bytes.Length > BytesKept)
        {
            Clear();
            _bytes = new byte[BytesMin];
            Lines.Shrink();
        }
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

        int start = _used;
        Span<byte> line = Take(name.Length + value.Length + LineOverhead);
        name.CopyTo(line);
        ": "u8.CopyTo(line[name.Length..]);
        value.CopyTo(line[(name.Length + 2)..]);
        "\r\n"u8.CopyTo(line[^2..]);
        Lines.Add(new HeaderField(start, name.Length, start + name.Length + 2, value.Length, _used, KnownHeaders.Find(name), neverIndexed));
    }

    /// <summary>Bytes behind the fields that are no field themselves.</summary>
    internal ByteRange AddText(ReadOnlySpan<byte> text)
    {
        int start = _used;
        text.CopyTo(Take(text.Length));
        return new ByteRange(start, text.Length);
    }

    /// <summary>RFC 9113 §8.2.3: a cookie in several fields is one again before anybody else reads it.</summary>
    internal void JoinCookies()
    {
        if (Lines.CountOf(KnownHeader.Cookie) < 2)
        {
            return;
        }

        int start = AddText("cookie: "u8).Start;
        int value = _used;
        int count = Count;
        for (int i = Lines.IndexOf(KnownHeader.Cookie); i < count; i++)
        {
            if (Lines[i].Known is KnownHeader.Cookie)
            {
                AddText(_used > value ? "; "u8 : default);
                Take(Lines[i].ValueLength);
                Lines[i].Value.In(_bytes).CopyTo(_bytes.AsSpan(_used - Lines[i].ValueLength));
            }
        }

        int end = _used;
        AddText("\r\n"u8);
        Lines.Replace(KnownHeader.Cookie, new HeaderField(start, "cookie".Length, value, end - value, _used, KnownHeader.Cookie, NeverIndexed: true));
    }

    private Span<byte> Take(int count)
    {
        if (_used + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + count));
        }

        _used += count;
        return _bytes.AsSpan(_used - count, count);
    }
}
