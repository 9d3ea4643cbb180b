using System.Buffers.Text;

namespace Weft.Wire.Http1;

/// <summary>Writes the chunked coding (RFC 9112 §7.1).</summary>
public static class ChunkedWriter
{
    /// <summary>Eight hexadecimal digits and CRLF.</summary>
    public const int SizeLineBytesMax = 10;

    /// <summary>Behind each chunk's data.</summary>
    public static ReadOnlySpan<byte> DataEnd => "\r\n"u8;

    /// <summary>The last chunk and an empty trailer section.</summary>
    public static ReadOnlySpan<byte> End => "0\r\n\r\n"u8;

    /// <summary>The last chunk before trailers; these end with an empty line.</summary>
    public static ReadOnlySpan<byte> LastChunk => "0\r\n"u8;

    /// <summary>Writes the line before a chunk of <paramref name="length"/> bytes, which is not 0: that would end the body.</summary>
    public static int WriteSizeLine(Span<byte> output, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        _ = Utf8Formatter.TryFormat(length, output, out int digits, new System.Buffers.StandardFormat('x'));
        "\r\n"u8.CopyTo(output[digits..]);
        return digits + 2;
    }
}
