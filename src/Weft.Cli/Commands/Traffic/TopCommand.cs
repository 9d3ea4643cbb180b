using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;
using Weft.Cli.Frame;
using Weft.Node.Control;

namespace Weft.Cli.Commands.Traffic;

/// <summary>`weft top`: a table of edges that stays current, busiest first.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var once = new Option<bool>("--once") { Description = "print one table and end (also when not on a terminal)" };
        var command = new WeftCommand("top", "The busiest edges, refreshed every second", ("until Ctrl-C", "weft top"));
        command.Options.Add(once);
        return command.Runs(async (context, ct) =>
        {
            using ControlPlaneClient client = context.Connect();
            if (context.Value(once) || !context.Output.IsTerminal || context.Format != OutputFormat.Text)
            {
                JsonArray edges = await ReadAsync(client, context, ct);
                context.Output.Write(edges.DeepClone(), Table(edges), "No traffic.");
                return ExitCode.Done;
            }

            await context.Output.Terminal.Live(Table([]).ToSpectre()).StartAsync(async live =>
            {
                using var tick = new PeriodicTimer(Interval);
                do
                {
                    live.UpdateTarget(Table(await ReadAsync(client, context, ct)).ToSpectre());
                }
                while (await tick.WaitForNextTickAsync(ct));
            });
            return ExitCode.Done;
        });
    }

    private static async Task<JsonArray> ReadAsync(ControlPlaneClient client, CommandContext context, CancellationToken ct)
    {
        JsonNode? answer = await client.GetAsync($"/weft/v1/edges?window=10s&namespace={Uri.EscapeDataString(context.GivenNamespace ?? "")}", ct);
        IEnumerable<JsonNode?> edges = (answer?["edges"] as JsonArray ?? []).OrderByDescending(e => e?["requestsPerSecond"]?.GetValue<double>() ?? 0);
        return new JsonArray([.. edges.Select(e => e?.DeepClone())]);
    }

    private static TextTable Table(JsonArray edges)
    {
        var table = new TextTable("From", "To", "Service", "Requests", "Success", "p50", "p90", "p99", "Sent", "Received", "mTLS");
        foreach (JsonNode? edge in edges)
        {
            table.Row(
                TrafficText.Node(edge?["source"]), TrafficText.Node(edge?["destination"]), TrafficText.Text(edge?["service"]), TrafficText.Rate(edge),
                TrafficText.Success(edge), TrafficText.Latency(edge, "p50"), TrafficText.Latency(edge, "p90"), TrafficText.Latency(edge, "p99"),
                TrafficText.Bytes(edge, "bytesSentPerSecond"), TrafficText.Bytes(edge, "bytesReceivedPerSecond"), TrafficText.Tls(edge));
        }

        return table;
    }
}
