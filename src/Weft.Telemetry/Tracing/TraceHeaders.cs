namespace Weft.Telemetry.Tracing;

/// <summary>The trace fields of one request as they arrived; empty when absent.</summary>
public readonly ref struct TraceHeaders
{
    public ReadOnlySpan<byte> TraceParent { get; init; }

    public ReadOnlySpan<byte> B3 { get; init; }

    public ReadOnlySpan<byte> B3TraceId { get; init; }

    public ReadOnlySpan<byte> B3SpanId { get; init; }

    public ReadOnlySpan<byte> B3Sampled { get; init; }

    public ReadOnlySpan<byte> B3Flags { get; init; }

    /// <summary>
    /// The caller's span, W3C first, then B3. False when there is none or it is malformed: W3C Trace Context §3.2.2 says to
    /// start a new trace then.
    /// </summary>
    public bool TryRead(out SpanContext caller)
    {
        if (!TraceParent.IsEmpty)
        {
            return TryReadW3C(TraceParent, out caller);
        }

        if (!B3.IsEmpty)
        {
            return TryReadB3Single(B3, out caller);
        }

        return TryReadB3Multi(out caller);
    }

    /// <summary>Trace Context §3.2: <c>version "-" trace-id "-" parent-id "-" trace-flags</c>, lower-case hex.</summary>
    internal static bool TryReadW3C(ReadOnlySpan<byte> text, out SpanContext caller)
    {
        caller = default;
        if (text.Length < TraceText.W3CLength || text[2] != '-' || text[35] != '-' || text[52] != '-'
            || !TryHex(text[..2], out ulong version) || version == 0xff
            || (version == 0 && text.Length != TraceText.W3CLength)
            || (text.Length > TraceText.W3CLength && text[TraceText.W3CLength] != '-')
            || !TryTraceId(text.Slice(3, 32), out ulong high, out ulong low)
            || !TryHex(text.Slice(36, 16), out ulong span) || span == 0
            || !TryHex(text.Slice(53, 2), out ulong flags))
        {
            return false;
        }

        caller = new SpanContext(high, low, span, 0, (flags & 1) != 0, TraceForm.W3C);
        return true;
    }

    /// <summary>b3: <c>{TraceId}-{SpanId}-{SamplingState}-{ParentSpanId}</c>, the last two optional (openzipkin/b3-propagation).</summary>
    internal static bool TryReadB3Single(ReadOnlySpan<byte> text, out SpanContext caller)
    {
        caller = default;
        int dash = text.IndexOf((byte)'-');
        if (dash is not (16 or 32) || text.Length < dash + 17
            || !TryTraceId(text[..dash], out ulong high, out ulong low)
            || !TryHex(text.Slice(dash + 1, 16), out ulong span) || span == 0)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = text[(dash + 17)..];
        bool sampled = true;
        if (!rest.IsEmpty)
        {
            if (rest[0] != '-' || rest.Length < 2 || rest[1] is not ((byte)'0' or (byte)'1' or (byte)'d'))
            {
                return false;
            }

            sampled = rest[1] != '0';
        }

        caller = new SpanContext(high, low, span, 0, sampled, TraceForm.B3Single);
        return true;
    }

    private bool TryReadB3Multi(out SpanContext caller)
    {
        caller = default;
        if (B3TraceId.Length is not (16 or 32) || !TryTraceId(B3TraceId, out ulong high, out ulong low)
            || B3SpanId.Length != 16 || !TryHex(B3SpanId, out ulong span) || span == 0)
        {
            return false;
        }

        bool sampled = B3Flags.SequenceEqual("1"u8) || !(B3Sampled.SequenceEqual("0"u8) || B3Sampled.SequenceEqual("false"u8));
        caller = new SpanContext(high, low, span, 0, sampled, TraceForm.B3Multi);
        return true;
    }

    private static bool TryTraceId(ReadOnlySpan<byte> hex, out ulong high, out ulong low)
    {
        high = 0;
        return TryHex(hex[^16..], out low) && (hex.Length == 16 || TryHex(hex[..16], out high)) && (high | low) != 0;
    }

    private static bool TryHex(ReadOnlySpan<byte> hex, out ulong value)
    {
        value = 0;
        foreach (byte c in hex)
        {
            int digit = c switch
            {
                >= (byte)'0' and <= (byte)'9' => c - '0',
                >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
                _ => -1,
            };
            if (digit < 0)
            {
                return false;
            }

            value = (value << 4) | (uint)digit;
        }

        return true;
    }
}

/// <summary>Writes trace fields; each method returns the bytes written into a span that is long enough.</summary>
public static class TraceText
{
    public const int W3CLength = 55;
    public const int TraceIdLength = 32;
    public const int SpanIdLength = 16;

    /// <summary>Longest form of the single b3 field: both ids, the sampling state and the parent.</summary>
    public const int B3Length = TraceIdLength + 1 + SpanIdLength + 2 + 1 + SpanIdLength;

    public static int WriteTraceParent(in SpanContext span, Span<byte> destination)
    {
        "00-"u8.CopyTo(destination);
        WriteTraceId(span, destination[3..]);
        destination[35] = (byte)'-';
        WriteHex(span.SpanId, destination[36..]);
        (span.Sampled ? "-01"u8 : "-00"u8).CopyTo(destination[52..]);
        return W3CLength;
    }

    public static int WriteB3Single(in SpanContext span, Span<byte> destination)
    {
        WriteTraceId(span, destination);
        destination[32] = (byte)'-';
        WriteHex(span.SpanId, destination[33..]);
        (span.Sampled ? "-1"u8 : "-0"u8).CopyTo(destination[49..]);
        if (span.ParentId == 0)
        {
            return 51;
        }

        destination[51] = (byte)'-';
        WriteHex(span.ParentId, destination[52..]);
        return B3Length;
    }

    public static int WriteTraceId(in SpanContext span, Span<byte> destination)
    {
        WriteHex(span.TraceHigh, destination);
        WriteHex(span.TraceLow, destination[16..]);
        return TraceIdLength;
    }

    public static int WriteHex(ulong value, Span<byte> destination)
    {
        for (int i = SpanIdLength - 1; i >= 0; i--)
        {
            destination[i] = "0123456789abcdef"u8[(int)(value & 15)];
            value >>= 4;
        }

        return SpanIdLength;
    }
}
