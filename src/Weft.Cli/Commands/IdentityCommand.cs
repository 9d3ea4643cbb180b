using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands;

/// <summary>`weft identity`: who a workload is to its peers.</summary>
internal static class IdentityCommand
{
    public static Command Create()
    {
        var workload = new Argument<string>("WORKLOAD") { Description = "a pod, or the beginning of its name" };
        var command = new WeftCommand("identity", "The identity that a workload proves to its peers",
            ("one pod", "weft identity reviews-v1-x2k4p"),
            ("every pod of a name", "weft identity default/reviews"));
        command.Arguments.Add(workload);
        return command.Runs(async (context, ct) =>
        {
            using var client = context.Connect();
            string asked = context.Value(workload)!;
            string name = asked.Contains('/') ? asked : $"{context.Namespace}/{asked}";
            JsonArray proxies = (await client.GetAsync("/weft/v1/proxies", ct))?["proxies"] as JsonArray ?? [];
            JsonNode?[] found = [.. proxies.Where(p => Matches(p?["workload"]?.ToString() ?? "", name))];
            if (found.Length == 0)
            {
                throw CommandException.No($"There is no workload {name}.", "`weft status` lists them.");
            }

            var table = new TextTable("Workload", "Identity", "State", "Connected since");
            var list = new JsonArray();
            foreach (JsonNode? proxy in found)
            {
                table.Row($"{proxy!["workload"]}", $"{proxy["identity"]}", $"{proxy["state"]}", $"{proxy["since"]}");
                list.Add(new JsonObject
                {
                    ["workload"] = proxy["workload"]?.DeepClone(), ["identity"] = proxy["identity"]?.DeepClone(),
                    ["connected"] = proxy["connected"]?.DeepClone(), ["since"] = proxy["since"]?.DeepClone(),
                });
            }

            context.Output.Write(list, table);
            return ExitCode.Done;
        });
    }

    private static bool Matches(string workload, string name) =>
        workload == name || workload.StartsWith($"{name}-", StringComparison.Ordinal);
}
