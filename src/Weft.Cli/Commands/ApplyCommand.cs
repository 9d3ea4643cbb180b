using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Cli.Resources;
using Weft.Node.Control;
using Weft.Resources;

namespace Weft.Cli.Commands;

/// <summary>`weft apply`: makes the mesh be what files say. All is checked, here and by the control plane, before anything is written.</summary>
internal static class ApplyCommand
{
    private const string ApplyPatch = "application/apply-patch+yaml";

    private static readonly Option<string[]> Files = new("--filename", "-f") { Description = "files or directories; - is standard input", HelpName = "FILE|DIR|-", Required = true };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "say what would change, and change nothing" };

    public static Command Create()
    {
        WeftCommand command = new("apply", "Make the mesh be what files say",
            ("one file", "weft apply -f virtual-service-all-v1.yaml"),
            ("a directory: all of it or, when something is wrong, nothing", "weft apply -f config/"),
            ("from another program", "helm template . | weft apply -f -"));
        command.Options.Add(Files);
        command.Options.Add(DryRun);
        return command.Runs(RunAsync);
    }

    private static async Task<int> RunAsync(CommandContext context, CancellationToken ct)
    {
        using ControlPlaneClient client = context.Connect();
        KindDirectory kinds = new(client);
        ManifestSet set = await ManifestSet.ReadAsync(context, context.Value(Files) ?? [], kinds, checkFields: true, ct);
        // Of the trial nobody wants warnings: what the same files bring is not there yet.
        bool isTrial = context.Value(DryRun);
        client.Warned = isTrial ? Warn : null;
        List<string> before = await TryAllAsync(client, set, ct);
        client.Warned = Warn;
        JsonArray results = [];
        TextWriter text = context.Output.Format == OutputFormat.Text ? context.Output.Writer : TextWriter.Null;
        for (int i = 0; i < set.All.Count; i++)
        {
            Manifest manifest = set.All[i];
            string revision = context.Value(DryRun) ? "dry run" : Revision(await SendAsync(client, manifest, "", ct));
            string outcome = before[i].Length == 0 ? "created" : before[i] == revision ? "unchanged" : "configured";
            results.Add(new JsonObject { ["resource"] = manifest.Display, ["namespace"] = manifest.Resource.Namespace, ["outcome"] = outcome });
            await text.WriteLineAsync($"{manifest.Display} {outcome}{(context.Value(DryRun) ? " (dry run)" : "")}");
        }

        if (context.Output.Format != OutputFormat.Text)
        {
            context.Output.Write(results, _ => { });
        }

        return ExitCode.Done;

        void Warn(string warning) => context.Output.Note($"warning: {warning}");
    }

    /// <summary>Asks the control plane about each without writing. Returns the revision each has now, empty for those not there.</summary>
    private static async Task<List<string>> TryAllAsync(ControlPlaneClient client, ManifestSet set, CancellationToken ct)
    {
        HashSet<string> namespaces = [.. set.All.Where(m => m.Type is { Group: "", Kind: "Namespace" }).Select(m => m.Resource.Name)];
        List<string> revisions = [];
        List<string> problems = [];
        int code = ExitCode.BadInput;
        foreach (Manifest manifest in set.All)
        {
            try
            {
                revisions.Add(Revision(await SendAsync(client, manifest, "&dryRun=All", ct)));
            }
            catch (ControlPlaneRefusedException e) when (e.Status == 404 && namespaces.Contains(manifest.Resource.Namespace))
            {
                revisions.Add(""); // its namespace comes with it
            }
            catch (ControlPlaneRefusedException e) when (e.Status is not (401 or 403))
            {
                code = e.Status is 400 or 404 or 422 ? ExitCode.BadInput : ExitCode.No;
                problems.Add(set.Explain(manifest, Field(e), e.Message));
            }
        }

        return problems.Count == 0 ? revisions : throw new CommandException(code, string.Join("\n  ", problems), "Nothing was applied.");
    }

    private static Task<JsonNode?> SendAsync(ControlPlaneClient client, Manifest manifest, string query, CancellationToken ct)
    {
        JsonObject body = (JsonObject)manifest.Resource.Json.DeepClone();
        body.Remove("status");
        (body["metadata"] as JsonObject)?.Remove("resourceVersion");
        return client.PatchAsync($"{manifest.Path}?fieldManager=weft&force=true&fieldValidation=Strict{query}", ApplyPatch, body, ct);
    }

    private static string Revision(JsonNode? resource) => (string?)resource?["metadata"]?["resourceVersion"] ?? "";

    private static string Field(ControlPlaneRefusedException e)
    {
        JsonNode? status = e.Details.Length == 0 ? null : JsonNode.Parse(e.Details);
        return (string?)(status?["details"]?["causes"] as JsonArray)?.FirstOrDefault()?["field"] ?? "";
    }
}
