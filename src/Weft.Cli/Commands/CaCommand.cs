using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands;

/// <summary>`weft ca`: the roots of the mesh, and tokens for proxies that are started by hand.</summary>
internal static class CaCommand
{
    private static readonly Argument<string> Account = new("SERVICEACCOUNT") { Description = "whose identity the token is exchanged for" };
    private static readonly Option<string?> Pod = new("--pod") { Description = "only this pod may use it", HelpName = "NAME" };
    private static readonly Option<uint> Minutes = new("--minutes") { Description = "how long it may stay unused, 10 at most", HelpName = "N", DefaultValueFactory = _ => 10u };

    public static Command Create()
    {
        WeftCommand command = new("ca", "The certificate authority: its roots and until when they hold",
            ("the roots", "weft ca"),
            ("a token for a proxy's first certificate", "weft ca token gateway -n edge"));
        WeftCommand token = new("token", "Make a token with which a proxy that is started by hand gets its first certificate; used once (weft run makes its own, with the API's token)",
            ("for a proxy's bootstrap document", "weft ca token gateway -n edge --pod gateway -o json"));
        token.Arguments.Add(Account);
        token.Options.Add(Pod);
        token.Options.Add(Minutes);
        command.Subcommands.Add(token.Runs(TokenAsync));
        return command.Runs(ShowAsync);
    }

    private static async Task<int> ShowAsync(CommandContext context, CancellationToken ct)
    {
        using var client = context.Connect();
        JsonNode? status = await client.GetAsync("/weft/v1/status", ct);
        var table = new TextTable("Root (SHA-256)", "Phase", "Until");
        var roots = new JsonArray();
        foreach (JsonNode? root in status?["roots"] as JsonArray ?? [])
        {
            table.Row($"{root?["sha256"]}", $"{root?["phase"]}", $"{root?["notAfter"]}");
            roots.Add(root?.DeepClone());
        }

        var json = new JsonObject { ["trustDomain"] = status?["trustDomain"]?.DeepClone(), ["rootSha256"] = status?["rootSha256"]?.DeepClone(), ["roots"] = roots };
        context.Output.Write(json, output =>
        {
            output.Line($"Trust domain   {status?["trustDomain"]}");
            output.Table(table);
        });
        return ExitCode.Done;
    }

    private static async Task<int> TokenAsync(CommandContext context, CancellationToken ct)
    {
        using var client = context.Connect();
        string account = context.Value(Account) ?? "";
        var spec = new JsonObject { ["expirationSeconds"] = context.Value(Minutes) * 60L };
        if (context.Value(Pod) is { Length: > 0 } pod)
        {
            spec["boundObjectRef"] = new JsonObject { ["kind"] = "Pod", ["apiVersion"] = "v1", ["name"] = pod };
        }

        var review = new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["spec"] = spec };
        string path = $"/api/v1/namespaces/{Uri.EscapeDataString(context.Namespace)}/serviceaccounts/{Uri.EscapeDataString(account)}/token";
        JsonNode? made = (await client.PostAsync(path, review, ct))?["status"];
        JsonNode? status = await client.GetAsync("/weft/v1/status", ct);
        var json = new JsonObject
        {
            ["token"] = made?["token"]?.DeepClone(),
            ["rootSha256"] = status?["rootSha256"]?.DeepClone(),
            ["serviceAccount"] = $"{context.Namespace}/{account}",
            ["expires"] = made?["expirationTimestamp"]?.DeepClone(),
        };
        context.Output.Write(json, output =>
        {
            output.Line($"token: {json["token"]}");
            output.Line($"root: {json["rootSha256"]}");
        });
        context.Output.Note($"weft: for one proxy of service account {json["serviceAccount"]}, until {json["expires"]}; put it into the fields token and rootSha256 of its bootstrap document for weft proxy. weft run --token-file takes a token of the API instead.");
        return ExitCode.Done;
    }
}
