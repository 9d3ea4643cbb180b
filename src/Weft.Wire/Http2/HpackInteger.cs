namespace Weft.Wire.Http2;

/// <summary>Integers with a prefix of N bits (RFC 7541 §5.1).</summary>
internal static class HpackInteger
{
    /// <summary>Five bytes behind the prefix hold any 32-bit value; longer is an attack on the reader's time.</summary>
    internal const int BytesMax = 6;

    /// <summary>False: the input ends before the integer does, or it is larger than an int.</summary>
    internal static bool TryRead(ref ReadOnlySpan<byte> input, int prefixBits, out int value)
    {
        value = 0;
        if (input.IsEmpty)
        {
            return false;
        }

        int mask = (1 << prefixBits) - 1;
        value = input[0] & mask;
        if (value < mask)
        {
            input = input[1..];
            return true;
        }

        long sum = value;
        for (int i = 1; i < BytesMax && i < input.Length; i++)
        {
            sum += (long)(input[i] & 0x7F) << (7 * (i - 1));
            if (sum > int.MaxValue)
            {
                return false;
            }

            if ((input[i] & 0x80) == 0)
            {
                input = input[(i + 1)..];
                value = (int)sum;
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes <paramref name="flags"/> in the bits above the prefix; the output has <see cref="BytesMax"/> bytes of room.</summary>
    internal static int Write(Span<byte> output, byte flags, int prefixBits, int value)
    {
        int mask = (1 << prefixBits) - 1;
        if (value < mask)
        {
            output[0] = (byte)(flags | value);
            return 1;
        }

        output[0] = (byte)(flags | mask);
        int rest = value - mask;
        int written = 1;
        for (; rest >= 0x80; rest >>= 7)
        {
            output[written++] = (byte)(rest | 0x80);
        }

        output[written++] = (byte)rest;
        return written;
    }
}
