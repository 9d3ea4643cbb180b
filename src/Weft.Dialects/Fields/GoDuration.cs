using System.Buffers;
using System.Globalization;

namespace Weft.Dialects.Fields;

/// <summary>Durations as Go and protobuf write them: "1h30m", "1.5s", "250ms", "0".</summary>
internal static class GoDuration
{
    /// <summary>time.Duration is nanoseconds in 64 bits.</summary>
    private const double NanosecondsMax = long.MaxValue;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        bool negative = text.StartsWith("-");
        ReadOnlySpan<char> rest = negative || text.StartsWith("+") ? text[1..] : text;
        if (rest is "0")
        {
            return true;
        }
        double nanoseconds = 0;
        bool any = false;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
            {
                return false;
            }
            rest = rest[digits..];
            int length = rest.IndexOfAny(Digits);
            ReadOnlySpan<char> unit = length < 0 ? rest : rest[..length];
            if (Nanoseconds(unit) is not { } factor)
            {
                return false;
            }
            nanoseconds += value * factor;
            rest = rest[unit.Length..];
            any = true;
        }
        if (!any || nanoseconds > NanosecondsMax)
        {
            return false;
        }
        duration = new TimeSpan((long)Math.Round(nanoseconds / 100) * (negative ? -1 : 1));
        return true;
    }

    private static double? Nanoseconds(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1,
        "us" or "µs" or "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => null,
    };
}
