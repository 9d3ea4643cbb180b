using static Weft.Conformance.Smuggling.SmugglingCase;

namespace Weft.Conformance.Smuggling;

/// <summary>RFC 9112 §7.1: chunk sizes, extensions, ends and trailers.</summary>
internal static class ChunkRows
{
    private const string Hidden = $"0\r\n\r\n{Smuggled}";

    internal static readonly SmugglingCase[] All =
    [
        Passes("9112-7.1", Chunked("5\r\nhello\r\n0\r\n\r\n"), "POST /first"),
        Passes("9112-7.1", Chunked($"{Smuggled.Length:x}\r\n{Smuggled}\r\n0\r\n\r\n"), "POST /first"),
        Passes("9112-7.1", Chunked($"{Smuggled.Length + 7:X}\r\n{Smuggled}1234567\r\n0\r\n\r\n"), "POST /first"),
        Passes("9112-7.1", Chunked($"{Hidden.Length:x}\r\n{Hidden}\r\n0\r\n\r\n"), "POST /first"),
        Passes("9112-7.1", Chunked($"0000{Smuggled.Length:x}\r\n{Smuggled}\r\n000\r\n\r\n"), "POST /first"),
        Passes("9112-7.1", Chunked("1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n"), "POST /first"),
        Passes("9112-7.1", Chunked("2\r\n\r\n\r\n0\r\n\r\n"), "POST /first"),

        // §7.1.1 extensions
        Passes("9112-7.1.1", Chunked("5;a=b\r\nhello\r\n0;c\r\n\r\n"), "POST /first"),
        Passes("9112-7.1.1", Chunked($"{Smuggled.Length:x};a=\"0\"\r\n{Smuggled}\r\n0\r\n\r\n"), "POST /first"),
        BodyBreaks("9112-7.1.1", Chunked("5 ;a=b\r\nhello\r\n" + Hidden)),
        BodyBreaks("9112-7.1.1", Chunked("5\t\r\nhello\r\n" + Hidden)),
        BodyBreaks("9112-7.1.1", Chunked("5;a\nhello\r\n" + Hidden)),
        BodyBreaks("9112-7.1.1", Chunked($"5;\n\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1.1", Chunked($"5;a=\"\r\nhello\n\"\r\n{Hidden}")),
        BodyBreaks("9112-7.1.1", Chunked($"5;a=b\rc\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1.1", Chunked($"5;a=\0\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1.1", Chunked($"5;{new string('x', 5000)}\r\nhello\r\n{Hidden}")),

        // Sizes that readers take apart differently.
        BodyBreaks("9112-7.1", Chunked($"0x5\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"+5\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"-5\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"-0\r\n\r\n{Smuggled}")),
        BodyBreaks("9112-7.1", Chunked($" 5\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"5 \r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"5_0\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"5,0\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"5.0\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"\"5\"\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"g\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"\r\n5\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"\r\n\r\n{Smuggled}")),
        BodyBreaks("9112-7.1", Chunked($"5\0\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"\u00b5\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"10000000000000000\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"ffffffffffffffff\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"8000000000000000\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"10000000000000005\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"00000000000000005\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"5;\r\r\nhello\r\n{Hidden}")),

        // Ends of lines and of data.
        BodyBreaks("9112-2.2", Chunked($"5\nhello\r\n{Hidden}")),
        BodyBreaks("9112-2.2", Chunked($"5\rhello\r\n{Hidden}")),
        BodyBreaks("9112-2.2", Chunked($"5\n\rhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"5\r\nhello\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"5\r\nhello\r{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"5\r\nhello{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"5\r\nhelloX\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"4\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"6\r\nhello\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"5\r\nhello\n\r\n{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"5\r\nhelloAA{Hidden}")),
        BodyBreaks("9112-7.1", Chunked($"0\n\n{Smuggled}")),
        BodyBreaks("9112-7.1", Chunked($"0\r\n\n{Smuggled}")),
        BodyBreaks("9112-7.1", Chunked($"0\r\n\r{Smuggled}")),
        BodyBreaks("9112-7.1", Chunked($"0\n\r\n{Smuggled}")),
        BodyBreaks("9112-7.1", Chunked($"0\r\n{Smuggled}")),
        PassesThenRefused("9112-7.1", Chunked("0\r\n\r\n0\r\n\r\n"), 400, "POST /first"),
        PassesThenRefused("9112-7.1", Chunked("0\r\n\r\n("), 400, "POST /first"),
        PassesThenRefused("9112-7.1", Chunked("0\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), 400, "POST /first"),
        Cut("9112-8", Chunked($"{Smuggled.Length + 500:x}\r\n{Smuggled}")),
        Cut("9112-8", Chunked("7fffffffffffffff\r\n")),

        // §7.1.2 trailers may not say what framing, routing or identity is.
        Passes("9112-7.1.2", Chunked("0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n"), "POST /first"),
        BodyBreaks("9110-6.5.1", Chunked($"0\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}")),
        BodyBreaks("9110-6.5.1", Chunked($"0\r\nTransfer-Encoding: chunked\r\n\r\n{Smuggled}")),
        BodyBreaks("9110-6.5.1", Chunked($"0\r\nHost: b\r\n\r\n{Smuggled}")),
        BodyBreaks("9110-6.5.1", Chunked($"0\r\nConnection: close\r\n\r\n{Smuggled}")),
        BodyBreaks("9110-6.5.1", Chunked($"0\r\nTrailer: x\r\n\r\n{Smuggled}")),
        BodyBreaks("9110-6.5.1", Chunked($"0\r\nAuthorization: x\r\n\r\n{Smuggled}")),
        BodyBreaks("9112-5.1", Chunked($"0\r\nX : y\r\n\r\n{Smuggled}")),
        BodyBreaks("9112-5.2", Chunked($"0\r\nX: y\r\n z\r\n\r\n{Smuggled}")),
        BodyBreaks("9112-2.2", Chunked($"0\r\nX: y\nZ: w\r\n\r\n{Smuggled}")),
        BodyBreaks("9112-2.2", Chunked($"0\r\nX: y\rZ: w\r\n\r\n{Smuggled}")),
        BodyBreaks("9110-5.5", Chunked($"0\r\nX: \0\r\n\r\n{Smuggled}")),
        BodyBreaks("9110-5.5", Chunked($"0\r\n{string.Concat(Enumerable.Repeat("X: yyyyyyyy\r\n", 2000))}\r\n{Smuggled}")),
    ];
}
