using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands.Traffic;

/// <summary>`weft stat --breakers`: in use of what limit, how often it said no, and who is out.</summary>
internal static class BreakerTable
{
    public static TextTable Of(JsonArray rows)
    {
        var table = new TextTable("Client", "Destination", "Connections", "Pending", "Requests", "Retries", "Overflows", "Endpoints", "Ejected", "Unhealthy");
        foreach (JsonNode? row in rows)
        {
            JsonNode?[] limits = [row?["connections"], row?["pending"], row?["requests"], row?["retries"]];
            long overflows = limits.Sum(l => (long?)l?["overflows"] ?? 0);
            table.Row(
                TrafficText.Text(row?["client"]), TrafficText.Text(row?["cluster"]), Limit(limits[0]), Limit(limits[1]), Limit(limits[2]), Limit(limits[3]),
                overflows.ToString(System.Globalization.CultureInfo.InvariantCulture), TrafficText.Text(row?["endpoints"]), TrafficText.Text(row?["ejected"]), TrafficText.Text(row?["unhealthy"]));
        }

        return table;
    }

    /// <summary>"3/10", "10/10 open", or "3" where there is no limit.</summary>
    private static string Limit(JsonNode? limit) => limit?["limit"] is { } of
        ? $"{limit["used"]}/{of}{((bool?)limit["open"] == true ? " open" : "")}"
        : TrafficText.Text(limit?["used"]);
}
