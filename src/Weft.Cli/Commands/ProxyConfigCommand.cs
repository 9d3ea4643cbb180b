using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands;

/// <summary>`weft proxy-config`: what a proxy of this machine really has, asked of the proxy itself over its private socket.</summary>
internal static class ProxyConfigCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly string[] Parts = ["listeners", "routes", "clusters", "endpoints", "secrets", "policies", "all"];

    public static Command Create()
    {
        var workload = new Argument<string>("WORKLOAD") { Description = "NAMESPACE/NAME, or NAME in --namespace" };
        var part = new Argument<string>("PART") { Description = string.Join(", ", Parts), DefaultValueFactory = static _ => "clusters" };
        part.AcceptOnlyFromAmong(Parts);
        var command = new WeftCommand("proxy-config", "What a proxy really has: listeners, routes, clusters, endpoints, certificates, policies",
            ("where a workload's requests can go", "weft proxy-config productpage-v1-x endpoints"),
            ("every resource it holds", "weft proxy-config default/reviews-v1-x all -o json"))
        { workload, part };
        return command.Runs((context, ct) => RunAsync(context, context.Value(workload) ?? "", context.Value(part) ?? "clusters", ct));
    }

    private static async Task<int> RunAsync(CommandContext context, string workload, string part, CancellationToken ct)
    {
        (_, string text) = await ProxyAdmin.AskAsync(ProxyAdmin.FindSocket(context, workload), HttpMethod.Get, Page(part), Patience, ct);
        JsonNode json;
        try
        {
            json = JsonNode.Parse(text) ?? new JsonArray();
        }
        catch (JsonException e)
        {
            throw CommandException.No($"the proxy's answer is not JSON: {e.Message}", "Use a weft and a weft-proxy of the same version.");
        }

        if (json is JsonArray list)
        {
            WriteList(context.Output, list, part);
        }
        else
        {
            context.Output.Write(json, output => output.Line(json.ToJsonString(CommandOutput.Indented)));
        }

        return ExitCode.Done;
    }

    private static string Page(string part) => part switch { "secrets" => "/certs", "all" => "/config_dump", _ => $"/{part}" };

    // The proxy's lists are flat objects: their fields are the columns, in the order of their first appearance.
    private static void WriteList(CommandOutput output, JsonArray list, string part)
    {
        string[] columns = [.. list.OfType<JsonObject>().SelectMany(o => o.Select(f => f.Key)).Distinct(StringComparer.Ordinal)];
        var table = new TextTable(columns);
        foreach (JsonObject row in list.OfType<JsonObject>())
        {
            table.Row([.. columns.Select(c => Cell(row[c]))]);
        }

        output.Write(list, table, $"It has no {part}.");
    }

    /// <summary>Circuit breakers, "connections 3/10, requests 0": what is in use, and of what where there is a limit.</summary>
    private static string? Cell(JsonNode? value) => value is not JsonObject breakers ? value?.ToString() : string.Join(", ", breakers.Select(b =>
        $"{b.Key} {b.Value?["used"]}{((long?)b.Value?["limit"] is > 0 and var limit ? $"/{limit}" : "")}{((long?)b.Value?["overflows"] is > 0 and var no ? $" ({no} refused)" : "")}"));
}
