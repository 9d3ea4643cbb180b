using System.Buffers;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Weft.Dialects.Reading;

/// <summary>
/// What a plain YAML scalar means, as Kubernetes reads it: YAML 1.1 booleans, also octal and hexadecimal numbers.
/// </summary>
internal static class YamlScalar
{
    /// <summary>Longer plain text is never a number; it also keeps number parsing linear in the file.</summary>
    private const int NumberLengthMax = 64;

    private static readonly SearchValues<char> Decimal = SearchValues.Create("0123456789.eE+-");

    public static JsonNode? Resolve(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => JsonValue.Create(true),
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => JsonValue.Create(false),
        _ => text.Length <= NumberLengthMax && MayBeNumber(text[0]) && Number(text) is { } number ? number : JsonValue.Create(text),
    };

    private static bool MayBeNumber(char first) => char.IsAsciiDigit(first) || first is '-' or '+' or '.';

    private static JsonValue? Number(string text)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        bool negative = digits.StartsWith('-');
        ReadOnlySpan<char> rest = digits.AsSpan(negative || digits.StartsWith('+') ? 1 : 0);
        if (rest.IsEmpty || !(char.IsAsciiDigit(rest[0]) || rest[0] == '.'))
        {
            return null;
        }
        if (Integer(rest) is { } integer)
        {
            return JsonValue.Create(negative ? -integer : integer);
        }
        return rest.IndexOfAnyExcept(Decimal) < 0
            && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && double.IsFinite(real)
            ? JsonValue.Create(real) : null;
    }

    private static long? Integer(ReadOnlySpan<char> digits)
    {
        if (digits.StartsWith("0x") || digits.StartsWith("0X"))
        {
            return long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long hex) && hex >= 0 ? hex : null;
        }
        bool octal = digits.Length > 1 && digits[0] == '0';
        if (octal || digits.StartsWith("0o"))
        {
            return Octal(digits.StartsWith("0o") ? digits[2..] : digits[1..]);
        }
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;
    }

    private static long? Octal(ReadOnlySpan<char> digits)
    {
        long value = 0;
        foreach (char c in digits)
        {
            if (c is < '0' or > '7' || value > long.MaxValue >> 3)
            {
                return null;
            }
            value = (value << 3) + (c - '0');
        }
        return digits.IsEmpty ? null : value;
    }
}
