using System.Text;

namespace Weft.Wire.Http1;

/// <summary>Walks field lines in wire form ("name: value" CRLF each) that were read or made by us before.</summary>
public ref struct FieldLines(ReadOnlySpan<byte> lines)
{
    private ReadOnlySpan<byte> _rest = lines;

    public Line Current { get; private set; }

    public readonly FieldLines GetEnumerator() => this;

    public bool MoveNext()
    {
        int end = _rest.IndexOf("\r\n"u8);
        int colon = _rest.IndexOf((byte)':');
        if (end < 0 || colon < 0 || colon > end)
        {
            return false;
        }

        Current = new Line { Name = _rest[..colon], Value = Octets.TrimWhitespace(_rest[(colon + 1)..end]) };
        _rest = _rest[(end + 2)..];
        return true;
    }

    /// <summary>One line's parts.</summary>
    public readonly ref struct Line
    {
        public ReadOnlySpan<byte> Name { get; init; }

        public ReadOnlySpan<byte> Value { get; init; }

        /// <summary>As HTTP/2 wants it; a copy only when there is something to change.</summary>
        public ReadOnlySpan<byte> LowerName
        {
            get
            {
                if (!Name.ContainsAnyInRange((byte)'A', (byte)'Z'))
                {
                    return Name;
                }

                byte[] lower = new byte[Name.Length];
                _ = Ascii.ToLower(Name, lower, out _);
                return lower;
            }
        }
    }
}
