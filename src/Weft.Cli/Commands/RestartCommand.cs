using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands;

/// <summary>`weft restart`: another process of a proxy takes its place, without a connection lost.</summary>
internal static class RestartCommand
{
    private const int Begun = 200;

    /// <summary>Longer than a supervisor waits for the new process.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    public static Command Create()
    {
        var workload = new Argument<string?>("WORKLOAD") { Description = "NAMESPACE/NAME, or NAME in --namespace", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "every proxy of this machine, one after the other" };
        var command = new WeftCommand("restart", "Replace a running proxy by a new process, without a connection lost",
            ("take a new weft-proxy into use", "weft restart default/reviews-v1"),
            ("for the whole machine", "weft restart --all"))
        { workload };
        command.Options.Add(all);
        return command.Runs((context, ct) => RunAsync(context, Sockets(context, context.Value(workload), context.Value(all)), ct));
    }

    private static IReadOnlyList<string> Sockets(CommandContext context, string? workload, bool all)
    {
        if (all == workload is { Length: > 0 })
        {
            throw CommandException.WrongCommandLine("which proxy is not said", "Name a WORKLOAD, or write --all.");
        }

        return workload is { Length: > 0 } ? [ProxyAdmin.FindSocket(context, workload)] : ProxyAdmin.All(context.Home);
    }

    private static async Task<int> RunAsync(CommandContext context, IReadOnlyList<string> sockets, CancellationToken ct)
    {
        var results = new JsonArray();
        foreach (string socket in sockets)
        {
            (int status, string text) = await ProxyAdmin.AskAsync(socket, HttpMethod.Post, "/restart", Patience, ct);
            bool isDone = status == Begun && text.StartsWith("restarted", StringComparison.Ordinal);
            var result = new JsonObject { ["workload"] = ProxyAdmin.NameOf(socket), ["restarted"] = isDone };
            if (!isDone) { result["reason"] = text.Trim(); }
            results.Add((JsonNode)result);
        }

        bool isWhole = results.All(r => (bool)r!["restarted"]!); // made above
        context.Output.Write(results, output =>
        {
            foreach (JsonNode? result in results)
            {
                output.Line((bool)result!["restarted"]!
                    ? $"{result["workload"]}: a new process serves; the old one finishes what it has."
                    : $"{result["workload"]}: not restarted, the running process serves on. {result["reason"]}");
            }

            if (results.Count == 0) { output.Line("No proxy runs on this machine."); }
        });
        return isWhole ? ExitCode.Done : ExitCode.No;
    }
}
