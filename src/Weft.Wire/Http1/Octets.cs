using System.Buffers;

namespace Weft.Wire.Http1;

/// <summary>The character classes of RFC 9110 §5.6 and RFC 3986 §2, as vectorised sets.</summary>
internal static class Octets
{
    /// <summary>tchar (RFC 9110 §5.6.2).</summary>
    internal static readonly SearchValues<byte> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>What ends or spoils a line: every control byte but HTAB (RFC 9110 §5.5; obs-text is opaque and stays).</summary>
    internal static readonly SearchValues<byte> Controls = SearchValues.Create(ControlBytes());

    /// <summary>What a request-target may hold: visible ASCII without "#". Wider than RFC 3986, since clients in the field send "|" and quotes bare.</summary>
    internal static readonly SearchValues<byte> Target = SearchValues.Create(TargetBytes());

    /// <summary>A registered name as DNS and service registries write it; no percent-encoding, so that one name has one spelling.</summary>
    internal static readonly SearchValues<byte> HostName =
        SearchValues.Create("-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    internal static readonly SearchValues<byte> Ipv6 = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    internal static ReadOnlySpan<byte> TrimWhitespace(ReadOnlySpan<byte> value) => value.Trim(" \t"u8);

    internal static bool IsToken(ReadOnlySpan<byte> value) => !value.IsEmpty && !value.ContainsAnyExcept(Token);

    internal static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';

    /// <summary>The value of a hexadecimal digit, or -1.</summary>
    internal static int HexValue(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };

    private static byte[] ControlBytes() =>
        [.. Enumerable.Range(0, 0x20).Where(b => b != '\t').Append(0x7F).Select(b => (byte)b)];

    private static byte[] TargetBytes() =>
        [.. Enumerable.Range(0x21, 0x7F - 0x21).Where(b => b != '#').Select(b => (byte)b)];
}
