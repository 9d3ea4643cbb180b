namespace Weft.Wire.Http1;

/// <summary>One field line of a head, as places in the caller's buffer.</summary>
public readonly record struct HeaderField(int LineStart, int NameLength, int ValueStart, int ValueLength, int LineEnd, KnownHeader Known)
{
    public ByteRange Name => new(LineStart, NameLength);

    /// <summary>Without the whitespace around it.</summary>
    public ByteRange Value => new(ValueStart, ValueLength);

    /// <summary>The whole line with its CRLF.</summary>
    public ByteRange Line => ByteRange.Between(LineStart, LineEnd);
}
