using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Node.Checks;
using Weft.Node.Control;

namespace Weft.Cli.Commands;

/// <summary>`weft check`: everything that can be wrong with an installation, each with its cure.</summary>
internal static class CheckCommand
{
    public static Command Create() =>
        new WeftCommand("check", "Try everything that Weft needs of this machine; each failure comes with its cure",
            ("before the first start", "weft check"),
            ("for a script", "weft check -o json")).Runs(async (context, ct) =>
        {
            List<CheckResult> results = [.. await HostChecks.RunAsync(context.Home, ct)];
            results.Add(await ControlPlaneAsync(context, ct));
            var json = new JsonArray();
            foreach (CheckResult result in results)
            {
                var item = new JsonObject { ["name"] = result.Name, ["outcome"] = Word(result.Outcome), ["detail"] = result.Detail };
                if (result.Cure.Length > 0) { item["cure"] = result.Cure; }
                json.Add(item);
            }

            context.Output.Write(json, output => Show(output, results));
            return results.Any(r => r.Outcome == CheckOutcome.Failed) ? ExitCode.No : ExitCode.Done;
        });

    private static void Show(CommandOutput output, List<CheckResult> results)
    {
        var table = new TextTable("check", "outcome", "detail");
        foreach (CheckResult result in results) { table.Row(result.Name, Word(result.Outcome), result.Detail); }
        output.Table(table);
        foreach (CheckResult result in results.Where(r => r.Cure.Length > 0)) { output.Line($"{result.Name}: {result.Cure}"); }
    }

    private static async Task<CheckResult> ControlPlaneAsync(CommandContext context, CancellationToken ct)
    {
        using ControlPlaneClient client = context.Connect();
        try
        {
            await client.GetAsync("/version", ct);
            return CheckResult.Ok("control plane", $"answers at {client.Address.Display}");
        }
        catch (ControlPlaneRefusedException e)
        {
            return new CheckResult("control plane", CheckOutcome.Failed, e.Message, "Give a token (WEFT_TOKEN), or the kubeconfig of its owner (KUBECONFIG).");
        }
        catch (ControlPlaneUnreachableException e)
        {
            // Without --server none has to run yet.
            return new CheckResult("control plane", context.Server is null ? CheckOutcome.Warning : CheckOutcome.Failed, e.Message, e.Cure);
        }
    }

    private static string Word(CheckOutcome outcome) => outcome switch
    {
        CheckOutcome.Ok => "ok",
        CheckOutcome.Warning => "warning",
        _ => "failed",
    };
}
