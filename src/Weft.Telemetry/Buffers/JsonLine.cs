using System.Buffers.Text;
using System.Text;

namespace Weft.Telemetry.Buffers;

/// <summary>Writes one flat JSON object into a span without allocating. When it does not fit, <see cref="IsTooLong"/> says so.</summary>
public ref struct JsonLine
{
    private readonly Span<byte> _destination;
    private int _length;
    private bool _hasField;

    public JsonLine(Span<byte> destination)
    {
        _destination = destination;
        Raw("{"u8);
    }

    public bool IsTooLong { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _destination[.._length];

    public void Text(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        Name(name);
        Raw("\""u8);
        Escape(value);
        Raw("\""u8);
    }

    /// <summary>Left out when null.</summary>
    public void Text(scoped ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
        {
            return;
        }

        Name(name);
        Raw("\""u8);
        Span<byte> chunk = stackalloc byte[256];
        ReadOnlySpan<char> rest = value;
        while (!rest.IsEmpty && !IsTooLong)
        {
            // A chunk of chars never encodes to more than three bytes each; surrogate pairs are kept together.
            int take = Math.Min(rest.Length, chunk.Length / 3);
            if (take < rest.Length && char.IsHighSurrogate(rest[take - 1]))
            {
                take--;
            }

            int bytes = Encoding.UTF8.GetBytes(rest[..take], chunk);
            Escape(chunk[..bytes]);
            rest = rest[take..];
        }

        Raw("\""u8);
    }

    public void Number(scoped ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        if (Utf8Formatter.TryFormat(value, _destination[_length..], out int written))
        {
            _length += written;
        }
        else
        {
            IsTooLong = true;
        }
    }

    /// <summary>Three decimals.</summary>
    public void Number(scoped ReadOnlySpan<byte> name, double value)
    {
        Name(name);
        if (Utf8Formatter.TryFormat(value, _destination[_length..], out int written, new('F', 3)))
        {
            _length += written;
        }
        else
        {
            IsTooLong = true;
        }
    }

    public void Flag(scoped ReadOnlySpan<byte> name, bool value)
    {
        Name(name);
        Raw(value ? "true"u8 : "false"u8);
    }

    public void End() => Raw("}\n"u8);

    private void Name(scoped ReadOnlySpan<byte> name)
    {
        Raw(_hasField ? ",\""u8 : "\""u8);
        _hasField = true;
        Raw(name);
        Raw("\":"u8);
    }

    // RFC 8259 §7: quotation mark, reverse solidus and control characters are escaped. Bytes that are not UTF-8 would make the
    // line unreadable for everybody, so each becomes U+FFFD.
    private void Escape(scoped ReadOnlySpan<byte> value)
    {
        while (!value.IsEmpty && !IsTooLong)
        {
            int plain = value.IndexOfAnyExceptInRange((byte)' ', (byte)'~');
            ReadOnlySpan<byte> run = plain < 0 ? value : value[..plain];
            int quote = run.IndexOfAny((byte)'"', (byte)'\\');
            if (quote >= 0)
            {
                Raw(run[..quote]);
                Raw("\\"u8);
                Raw(run.Slice(quote, 1));
                value = value[(quote + 1)..];
                continue;
            }

            Raw(run);
            value = value[run.Length..];
            if (!value.IsEmpty)
            {
                value = value[EscapeOne(value)..];
            }
        }
    }

    private int EscapeOne(scoped ReadOnlySpan<byte> value)
    {
        if (Rune.DecodeFromUtf8(value, out _, out int consumed) != System.Buffers.OperationStatus.Done)
        {
            Raw("\\ufffd"u8);
            return Math.Max(consumed, 1);
        }

        if (value[0] < ' ' || value[0] == 0x7f)
        {
            Raw("\\u00"u8);
            Raw("0123456789abcdef"u8.Slice(value[0] >> 4, 1));
            Raw("0123456789abcdef"u8.Slice(value[0] & 15, 1));
            return 1;
        }

        Raw(value[..consumed]);
        return consumed;
    }

    private void Raw(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.TryCopyTo(_destination[_length..]))
        {
            _length += bytes.Length;
        }
        else
        {
            IsTooLong = true;
        }
    }
}
