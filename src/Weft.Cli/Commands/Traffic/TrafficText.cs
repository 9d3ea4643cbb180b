using System.Globalization;
using System.Text.Json.Nodes;

namespace Weft.Cli.Commands.Traffic;

/// <summary>Golden signals as people read them: few digits, units, a word where a number would mislead.</summary>
internal static class TrafficText
{
    public static string Rate(JsonNode? row) => Number(row?["requestsPerSecond"]) is { } rate && rate > 0 ? $"{rate:0.0}/s" : "-";

    public static string Success(JsonNode? row) => Number(row?["successRate"]) is { } rate ? Percent(rate) : "-";

    public static string Latency(JsonNode? row, string quantile) => Number(row?["latencyMs"]?[quantile]) is { } ms ? Milliseconds(ms) : "-";

    public static string Tls(JsonNode? row) => Number(row?["mtls"]) switch
    {
        null => "-",
        >= 1 => "yes",
        <= 0 => "no",
        double part => Percent(part),
    };

    public static string Bytes(JsonNode? row, string field) => Number(row?[field]) switch
    {
        null or 0 => "-",
        >= 1 << 20 and double b => $"{b / (1 << 20):0.0} MiB/s",
        >= 1 << 10 and double b => $"{b / (1 << 10):0.0} KiB/s",
        double b => $"{b:0} B/s",
    };

    public static string Node(JsonNode? node)
    {
        string app = Text(node?["app"]);
        string version = Text(node?["version"]);
        return version.Length == 0 ? app : $"{app}-{version}";
    }

    public static string Text(JsonNode? node) => node?.ToString() ?? "";

    // 99.95 % must not read 100 %: somebody looks for exactly that request.
    private static string Percent(double share) => share switch
    {
        >= 1 => "100%",
        > 0.9995 => ">99.9%",
        _ => (share * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%",
    };

    private static string Milliseconds(double ms) => ms switch
    {
        >= 10_000 => $"{ms / 1000:0} s",
        >= 1_000 => $"{ms / 1000:0.0} s",
        >= 10 => $"{ms:0} ms",
        _ => $"{ms:0.0} ms",
    };

    private static double? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out double number) ? number : null;
}
