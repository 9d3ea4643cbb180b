namespace Weft.Wire.Http1;

/// <summary>One field line of a head, as places in the caller's buffer.</summary>
/// <param name="NeverIndexed">It came so over HTTP/2 and must go on so (RFC 7541 §7.1.3).</param>
public readonly record struct HeaderField(int LineStart, int NameLength, int ValueStart, int ValueLength, int LineEnd, KnownHeader Known, bool NeverIndexed = false)
{
    public ByteRange Name => new(LineStart, NameLength);

    /// <summary>Without the whitespace around it.</summary>
    public ByteRange Value => new(ValueStart, ValueLength);

    /// <summary>The whole line with its CRLF.</summary>
    public ByteRange Line => ByteRange.Between(LineStart, LineEnd);
}
