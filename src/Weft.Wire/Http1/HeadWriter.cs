using System.Buffers.Text;

namespace Weft.Wire.Http1;

/// <summary>
/// Writes one head into the caller's buffer. Nothing is checked twice: names and values come from a head that was read,
/// or from configuration that was. When the room runs out it says so at the end and the caller takes a larger buffer.
/// </summary>
public ref struct HeadWriter(Span<byte> output)
{
    private readonly Span<byte> _output = output;
    private int _written;
    private bool _overflowed;

    /// <summary>method SP target SP HTTP/1.1 CRLF; the target in two parts, the query with its "?" or empty.</summary>
    public void RequestLine(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path, ReadOnlySpan<byte> queryWithMark)
    {
        Raw(method);
        Raw(" "u8);
        Raw(path);
        Raw(queryWithMark);
        Raw(" HTTP/1.1\r\n"u8);
    }

    public void StatusLine(int status, ReadOnlySpan<byte> reason)
    {
        Raw("HTTP/1.1 "u8);
        Number(status);
        Raw(" "u8);
        Raw(reason);
        Raw("\r\n"u8);
    }

    public void Field(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Raw(name);
        Raw(": "u8);
        Raw(value);
        Raw("\r\n"u8);
    }

    public void Field(ReadOnlySpan<byte> name, long value)
    {
        Raw(name);
        Raw(": "u8);
        Number(value);
        Raw("\r\n"u8);
    }

    /// <summary>
    /// Copies every line that is not dropped, neighbours in one piece. Whitespace other than one space before a value is written
    /// anew: servers in the field read a tab as a part of the value (RFC 9112 §5 has the sender prefer one space).
    /// </summary>
    public void CopyFields(ReadOnlySpan<byte> input, HeaderTable fields)
    {
        int runStart = -1;
        for (int i = 0; i <= fields.Count; i++)
        {
            bool isKept = i < fields.Count && !fields.IsDropped(i);
            bool isCopied = isKept && IsPlain(input, fields[i]);
            if (isCopied && runStart < 0)
            {
                runStart = fields[i].LineStart;
            }
            else if (!isCopied && runStart >= 0)
            {
                Raw(input[runStart..fields[i - 1].LineEnd]);
                runStart = -1;
            }

            if (isKept && !isCopied)
            {
                Field(fields[i].Name.In(input), fields[i].Value.In(input));
            }
        }
    }

    /// <summary>Lines that are already in wire form, each with its CRLF.</summary>
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        if (bytes.TryCopyTo(_output[_written..]))
        {
            _written += bytes.Length;
        }
        else
        {
            _overflowed = true;
        }
    }

    /// <summary>Writes the empty line. False: the buffer was too small and holds nothing useful.</summary>
    public bool TryEnd(out int written)
    {
        Raw("\r\n"u8);
        written = _overflowed ? 0 : _written;
        return !_overflowed;
    }

    /// <summary>name ":" [ SP ] value CRLF.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> input, in HeaderField field)
    {
        int lead = field.ValueStart - field.LineStart - field.NameLength;
        return field.ValueStart + field.ValueLength + 2 == field.LineEnd && (lead == 1 || (lead == 2 && input[field.ValueStart - 1] == ' '));
    }

    private void Number(long value)
    {
        if (Utf8Formatter.TryFormat(value, _output[_written..], out int digits))
        {
            _written += digits;
        }
        else
        {
            _overflowed = true;
        }
    }
}
