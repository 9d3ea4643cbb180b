using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands.Traffic;

/// <summary>`weft stat`: golden signals of what each workload or service was asked.</summary>
internal static class StatCommand
{
    public static Command Create()
    {
        var query = new TrafficQuery();
        var what = new Argument<string>("WHAT") { Description = "workloads or services", DefaultValueFactory = static _ => "workloads" };
        what.AcceptOnlyFromAmong("workloads", "workload", "services", "service");
        var command = new WeftCommand("stat", "Requests, success and latency of each workload or service",
            ("every workload over the last minute", "weft stat"),
            ("services of one namespace over ten seconds", "weft stat services -n default --window 10s"),
            ("limits, ejections and health of each client's destinations", "weft stat --breakers"));
        command.Arguments.Add(what);
        var breakers = new Option<bool>("--breakers", "-b") { Description = "limits in use, overflows, ejected and unhealthy endpoints, as each client's proxy counts them" };
        command.Options.Add(breakers);
        query.AddTo(command);
        return command.Runs(async (context, ct) =>
        {
            using var client = context.Connect();
            JsonObject answer = await client.GetAsync(query.Path(context, "stat"), ct) as JsonObject ?? [];
            if (context.Value(breakers))
            {
                context.Output.Write(answer, BreakerTable.Of(answer["breakers"] as JsonArray ?? []), "No proxy has a destination with limits, outlier detection or health checks.");
                return ExitCode.Done;
            }

            bool services = context.Value(what)!.StartsWith('s');
            JsonArray rows = answer[services ? "services" : "workloads"] as JsonArray ?? [];
            var table = new TextTable("Namespace", services ? "Service" : "Workload", "Requests", "Success", "p50", "p90", "p99", "mTLS", "Connections");
            foreach (JsonNode? row in rows)
            {
                table.Row(
                    TrafficText.Text(row?["namespace"]), TrafficText.Text(row?["name"]), TrafficText.Rate(row), TrafficText.Success(row),
                    TrafficText.Latency(row, "p50"), TrafficText.Latency(row, "p90"), TrafficText.Latency(row, "p99"), TrafficText.Tls(row),
                    TrafficText.Text(row?["openConnections"]));
            }

            context.Output.Write(answer, table, "No traffic in that time.");
            return ExitCode.Done;
        });
    }
}
