namespace Weft.Wire;

/// <summary>A piece of the caller's buffer. It stays right when the buffer moves, as long as its first byte stays first.</summary>
public readonly record struct ByteRange(int Start, int Length)
{
    public int End => Start + Length;

    public bool IsEmpty => Length == 0;

    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> buffer) => buffer.Slice(Start, Length);

    public static ByteRange Between(int start, int end) => new(start, end - start);
}
