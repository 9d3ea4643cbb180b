using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands.Traffic;

/// <summary>`weft edges`: who calls whom, and whether it is encrypted.</summary>
internal static class EdgesCommand
{
    public static Command Create()
    {
        var query = new TrafficQuery();
        var command = new WeftCommand("edges", "Who calls whom, how often, how well, and whether it is encrypted",
            ("the last minute", "weft edges"),
            ("what is not encrypted", "weft edges -o json | jq '.edges[] | select(.mtls < 1)'"));
        query.AddTo(command);
        return command.Runs(async (context, ct) =>
        {
            using var client = context.Connect();
            JsonObject answer = await client.GetAsync(query.Path(context, "edges"), ct) as JsonObject ?? [];
            JsonArray edges = answer["edges"] as JsonArray ?? [];
            var table = new TextTable("From", "To", "Service", "Port", "Protocol", "Requests", "Success", "p50", "p99", "mTLS");
            foreach (JsonNode? edge in edges)
            {
                table.Row(
                    TrafficText.Text(edge?["source"]?["id"]), TrafficText.Text(edge?["destination"]?["id"]), TrafficText.Text(edge?["service"]),
                    TrafficText.Text(edge?["port"]), TrafficText.Text(edge?["protocol"]), TrafficText.Rate(edge), TrafficText.Success(edge),
                    TrafficText.Latency(edge, "p50"), TrafficText.Latency(edge, "p99"), TrafficText.Tls(edge));
            }

            context.Output.Write(answer, table, "No traffic in that time.");
            return ExitCode.Done;
        });
    }
}
