using System.Buffers.Text;

namespace Weft.Proxy.Forwarding;

/// <summary>Bytes that one request adds: header lines in wire form. Lives in its connection, cleared per request, grows once.</summary>
internal sealed class LineBuffer
{
    private byte[] _bytes = [];

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    internal void Clear() => Length = 0;

    /// <summary>Room for <paramref name="count"/> bytes, taken as a whole.</summary>
    internal Span<byte> Take(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Array.Resize(ref _bytes, Math.Max(512, (Length + count) * 2));
        }

        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }

    internal void Add(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    internal void Field(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Span<byte> line = Take(name.Length + value.Length + 4);
        name.CopyTo(line);
        line[name.Length] = (byte)':';
        line[name.Length + 1] = (byte)' ';
        value.CopyTo(line[(name.Length + 2)..]);
        line[^2] = (byte)'\r';
        line[^1] = (byte)'\n';
    }

    internal void Number(long value)
    {
        Span<byte> digits = stackalloc byte[20];
        _ = Utf8Formatter.TryFormat(value, digits, out int count);
        Add(digits[..count]);
    }

    /// <summary>Gives back what <see cref="Take"/> took too much.</summary>
    internal void Shorten(int count) => Length -= count;
}
