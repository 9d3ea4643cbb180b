namespace Weft.Wire.Http2;

/// <summary>The Huffman code of HPACK (RFC 7541 §5.2, Appendix B).</summary>
/// <remarks>
/// The code is canonical: within a length, codes count up in the order of their symbols. So the appendix is fully given by
/// its column of lengths, and codes and tables are derived from that once.
/// </remarks>
internal static class HuffmanCode
{
    private const int Symbols = 257;
    private const int EndOfString = 256;
    private const int LengthMin = 5;
    private const int LengthMax = 30;

    /// <summary>Codes up to this long are decoded by one look; they cover all of ASCII that headers are made of.</summary>
    private const int FastBits = 10;

    private static readonly uint[] Codes = new uint[Symbols];
    private static readonly ushort[] Ordered = new ushort[Symbols];     // symbols by length, then value
    private static readonly ulong[] LengthEnd = new ulong[LengthMax + 1]; // first code past a length, aligned left to 32 bits
    private static readonly uint[] FirstCode = new uint[LengthMax + 1];
    private static readonly int[] FirstIndex = new int[LengthMax + 1];
    private static readonly ushort[] Fast = new ushort[1 << FastBits];  // length << 8 | symbol; 0: longer

    static HuffmanCode() => Build();

    /// <summary>RFC 7541 Appendix B, the column "len in bits".</summary>
    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    internal static int EncodedLength(ReadOnlySpan<byte> text)
    {
        int bits = 0;
        foreach (byte symbol in text)
        {
            bits += Lengths[symbol];
        }

        return (bits + 7) >> 3;
    }

    /// <summary>Writes <see cref="EncodedLength"/> bytes.</summary>
    internal static void Encode(ReadOnlySpan<byte> text, Span<byte> output)
    {
        ulong pending = 0;
        int bits = 0;
        int written = 0;
        foreach (byte symbol in text)
        {
            int length = Lengths[symbol];
            pending = (pending << length) | Codes[symbol];
            bits += length;
            while (bits >= 8)
            {
                bits -= 8;
                output[written++] = (byte)(pending >> bits);
            }
        }

        if (bits > 0)
        {
            // §5.2: the rest of the last byte is filled with the first bits of EOS, which are ones.
            output[written] = (byte)((pending << (8 - bits)) | (0xFFu >> bits));
        }
    }

    /// <summary>False: a bad code, EOS in the text, padding that is not all ones or longer than 7 bits (§5.2), or no room.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> input, Span<byte> output, out int written)
    {
        written = 0;
        ulong pending = 0; // aligned left: the next bit is the topmost
        int bits = 0;
        int at = 0;
        while (true)
        {
            for (; bits <= 56 && at < input.Length; bits += 8)
            {
                pending |= (ulong)input[at++] << (56 - bits);
            }

            if (bits < 8 && pending == PaddingOf(bits))
            {
                return true;
            }

            if (!TrySymbol(pending, out int symbol, out int length) || length > bits || symbol == EndOfString || written == output.Length)
            {
                return false;
            }

            output[written++] = (byte)symbol;
            pending <<= length;
            bits -= length;
        }
    }

    private static ulong PaddingOf(int bits) => bits == 0 ? 0 : ulong.MaxValue << (64 - bits);

    private static bool TrySymbol(ulong pending, out int symbol, out int length)
    {
        ushort fast = Fast[(int)(pending >> (64 - FastBits))];
        if (fast != 0)
        {
            symbol = fast & 0xFF;
            length = fast >> 8;
            return true;
        }

        uint window = (uint)(pending >> 32);
        for (length = FastBits + 1; length <= LengthMax; length++)
        {
            if (window < LengthEnd[length])
            {
                uint code = window >> (32 - length);
                symbol = Ordered[FirstIndex[length] + (int)(code - FirstCode[length])];
                return true;
            }
        }

        symbol = 0;
        return false;
    }

    private static void Build()
    {
        uint code = 0;
        int index = 0;
        for (int length = LengthMin; length <= LengthMax; length++)
        {
            code <<= length == LengthMin ? 0 : 1;
            FirstCode[length] = code;
            FirstIndex[length] = index;
            for (int symbol = 0; symbol < Symbols; symbol++)
            {
                if (Lengths[symbol] == length)
                {
                    Codes[symbol] = code++;
                    Ordered[index++] = (ushort)symbol;
                }
            }

            LengthEnd[length] = (ulong)code << (32 - length);
        }

        for (int symbol = 0; symbol < EndOfString; symbol++)
        {
            int length = Lengths[symbol];
            if (length <= FastBits)
            {
                int first = (int)(Codes[symbol] << (FastBits - length));
                Fast.AsSpan(first, 1 << (FastBits - length)).Fill((ushort)((length << 8) | symbol));
            }
        }
    }
}
