using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Cli.Resources;
using Weft.Node.Control;
using Weft.Resources;

namespace Weft.Cli.Commands;

/// <summary>`weft delete`: resources by file, or by kind and name.</summary>
internal static class DeleteCommand
{
    private static readonly Argument<string[]> Names = new("kind-and-names") { Description = "a kind and names, when no file says what", HelpName = "KIND NAME…", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string[]> Files = new("--filename", "-f") { Description = "files or directories that name the resources; - is standard input", HelpName = "FILE|DIR|-" };
    private static readonly Option<bool> IgnoreNotFound = new("--ignore-not-found") { Description = "what is not there counts as deleted" };

    public static Command Create()
    {
        WeftCommand command = new("delete", "Delete resources",
            ("what a file created", "weft delete -f virtual-service-all-v1.yaml"),
            ("by name", "weft delete virtualservice reviews -n default"));
        command.Arguments.Add(Names);
        command.Options.Add(Files);
        command.Options.Add(IgnoreNotFound);
        return command.Runs(RunAsync);
    }

    private static async Task<int> RunAsync(CommandContext context, CancellationToken ct)
    {
        using ControlPlaneClient client = context.Connect();
        KindDirectory kinds = new(client);
        List<(string Path, string Display)> targets = await TargetsAsync(context, kinds, ct);
        JsonArray results = [];
        int code = ExitCode.Done;
        foreach ((string path, string display) in targets)
        {
            string outcome = "deleted";
            try
            {
                await client.DeleteAsync(path, ct);
            }
            catch (ControlPlaneRefusedException e) when (e.Status == 404)
            {
                outcome = "not found";
                code = context.Value(IgnoreNotFound) ? code : ExitCode.No;
            }

            results.Add(new JsonObject { ["resource"] = display, ["outcome"] = outcome });
        }

        context.Output.Write(results, output =>
        {
            foreach (JsonNode? result in results)
            {
                output.Line($"{result!["resource"]} {result["outcome"]}");
            }
        });
        return code;
    }

    private static async Task<List<(string, string)>> TargetsAsync(CommandContext context, KindDirectory kinds, CancellationToken ct)
    {
        string[] files = context.Value(Files) ?? [];
        string[] words = context.Value(Names) ?? [];
        if (files.Length > 0 == words.Length > 0 || words.Length == 1)
        {
            throw CommandException.WrongCommandLine("Say what to delete: -f FILE, or a kind and at least one name.", "weft delete virtualservice reviews");
        }

        if (files.Length > 0)
        {
            // The other way round: what lives in something goes before it.
            ManifestSet set = await ManifestSet.ReadAsync(context, files, kinds, checkFields: false, ct);
            return [.. set.All.Reverse().Select(m => (m.Path, m.Display))];
        }

        ResourceType type = await kinds.OfNameAsync(words[0], ct);
        return [.. words.Skip(1).Select(name => (ResourcePath.Item(type, type.Version, context.Namespace, name), $"{type.Singular}/{name}"))];
    }
}
