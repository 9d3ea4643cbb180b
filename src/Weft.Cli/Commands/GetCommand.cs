using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Cli.Resources;
using Weft.Node.Control;
using Weft.Resources;

namespace Weft.Cli.Commands;

/// <summary>`weft get`: resources as a table, or whole.</summary>
internal static class GetCommand
{
    private const string AsTable = "application/json;as=Table;v=v1;g=meta.k8s.io";

    private static readonly Argument<string> Kind = new("kind") { Description = "a kind, its plural or its short name", HelpName = "KIND" };
    private static readonly Argument<string?> Name = new("name") { Description = "one resource", HelpName = "NAME", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> AllNamespaces = new("--all-namespaces", "-A") { Description = "those of every namespace" };
    private static readonly Option<string?> Selector = new("--selector", "-l") { Description = "those with these labels", HelpName = "k=v,…" };

    public static Command Create()
    {
        WeftCommand command = new("get", "Show resources",
            ("all of a kind", "weft get virtualservices"),
            ("one of them, whole", "weft get vs reviews -o yaml"),
            ("everywhere, by label", "weft get pods -A -l app=reviews"));
        command.Arguments.Add(Kind);
        command.Arguments.Add(Name);
        command.Options.Add(AllNamespaces);
        command.Options.Add(Selector);
        return command.Runs(RunAsync);
    }

    private static async Task<int> RunAsync(CommandContext context, CancellationToken ct)
    {
        using ControlPlaneClient client = context.Connect();
        ResourceType type = await new KindDirectory(client).OfNameAsync(context.Value(Kind)!, ct);
        string ns = context.Value(AllNamespaces) ? "" : context.Namespace;
        string path = context.Value(Name) is { } name
            ? ResourcePath.Item(type, type.Version, context.Namespace, name) : ResourcePath.Collection(type, type.Version, ns);
        if (context.Value(Selector) is { Length: > 0 } labels)
        {
            path += $"?labelSelector={Uri.EscapeDataString(labels)}";
        }

        if (context.Output.Format != OutputFormat.Text)
        {
            context.Output.Write(await client.GetAsync(path, ct) ?? new JsonObject(), _ => { });
            return ExitCode.Done;
        }

        JsonNode? table = await client.GetAsync(path, AsTable, ct);
        string where = type.Namespaced && ns.Length > 0 ? $" in namespace {ns}" : "";
        context.Output.Write(new JsonObject(), Rows(table, type.Namespaced && ns.Length == 0), $"No {type.Plural} found{where}.");
        return ExitCode.Done;
    }

    private static TextTable Rows(JsonNode? table, bool withNamespace)
    {
        (JsonNode? Column, int Index)[] shown = [.. (table?["columnDefinitions"] as JsonArray ?? []).Select((c, i) => (c, i)).Where(c => (int?)c.c?["priority"] is 0 or null)];
        string[] heads = [.. shown.Select(c => (string?)c.Column?["name"] ?? "")];
        TextTable text = new(withNamespace ? ["Namespace", .. heads] : heads);
        foreach (JsonNode? row in table?["rows"] as JsonArray ?? [])
        {
            IEnumerable<string?> cells = shown.Select(c => row?["cells"]?[c.Index]?.ToString());
            text.Row(withNamespace ? [(string?)row?["object"]?["metadata"]?["namespace"], .. cells] : [.. cells]);
        }

        return text;
    }
}
