using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Authz;
using Weft.Cli.Explain;
using Weft.Cli.Frame;
using Weft.Compile;

namespace Weft.Cli.Commands;

/// <summary>`weft authz check`: who may call a workload, and whether one call is let in.</summary>
internal static class AuthzCommand
{
    private static readonly Argument<string> Workload = new("WORKLOAD") { Description = "NAMESPACE/NAME of a pod, the beginning of its name, or its app" };
    private static readonly Option<string?> From = new("--from") { Description = $"who calls: NAMESPACE/NAME, spiffe://…, or {AuthzCheck.Nobody} for a caller without an identity", HelpName = "CALLER" };
    private static readonly Option<string> Method = new("--method") { Description = "the request's method", HelpName = "M", DefaultValueFactory = _ => "GET" };
    private static readonly Option<string> Path = new("--path") { Description = "the request's path and query", HelpName = "/PATH", DefaultValueFactory = _ => "/" };
    private static readonly Option<uint> Port = new("--port") { Description = "the application's port; may be left out when there is one", HelpName = "P" };
    private static readonly Option<string?> Host = new("--host") { Description = "the request's host (default: the workload's name)", HelpName = "NAME" };
    private static readonly Option<string[]> Headers = new("--header", "-H") { Description = "a header of the request", HelpName = "'name: value'", AllowMultipleArgumentsPerToken = false };
    private static readonly Option<string?> Claims = new("--claims") { Description = "claims of a valid token that the request carries", HelpName = "JSON" };

    public static Command Create()
    {
        WeftCommand check = new("check", "The policies that hold for a workload; with --from, what they say to one call",
            ("who may call it", "weft authz check default/reviews-v1"),
            ("one call; exit code 1 when it is denied", "weft authz check default/reviews-v1 --from default/productpage-v1 --method GET --path /reviews/0"),
            ("before the policies are applied", "weft authz check -f bookinfo.yaml -f policy.yaml default/reviews-v1 --from default/ratings-v1"));
        check.Arguments.Add(Workload);
        foreach (Option option in new Option[] { ExplainSource.Files, From, Method, Path, Port, Host, Headers, Claims })
        {
            check.Options.Add(option);
        }
        WeftCommand command = new("authz", "Who may call whom",
            ("who may call a workload", "weft authz check default/reviews-v1"));
        command.Subcommands.Add(check.Runs(RunAsync));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, CancellationToken ct)
    {
        string asked = context.Value(Workload) ?? "";
        int slash = asked.IndexOf('/', StringComparison.Ordinal);
        (string ns, string name) = slash < 0 ? (context.Namespace, asked) : (asked[..slash], asked[(slash + 1)..]);
        CompiledMesh mesh = await ExplainSource.MeshAsync(context, ct);
        AuthzCheck check = AuthzCheck.Find(mesh, ns, name)
            ?? throw CommandException.BadInput($"There is no workload {ns}/{name}.", "Name a Pod, a Deployment of the files, or a WorkloadEntry, as NAMESPACE/NAME; `weft status` lists those of the mesh.");
        JsonObject answer = check.Policies();
        if (context.Value(From) is { Length: > 0 } from)
        {
            answer["decision"] = check.Decide(Request(context, check, from, name));
        }
        context.Output.Write(answer, output => AuthzText.Write(output, answer));
        return answer["decision"]?["decision"]?.ToString() == "deny" ? ExitCode.No : ExitCode.Done;
    }

    private static ExplainRequest Request(CommandContext context, AuthzCheck check, string from, string name)
    {
        uint port = context.Value(Port);
        if (port == 0)
        {
            port = check.Ports is [var only] ? only
                : throw CommandException.WrongCommandLine($"The workload has {(check.Ports.Count == 0 ? "no known port" : $"ports {string.Join(", ", check.Ports)}")}.", "Name one by --port.");
        }
        string path = context.Value(Path) ?? "/";
        if (!Uri.TryCreate($"http://{context.Value(Host) ?? name}:{port}{(path.StartsWith('/') ? "" : "/")}{path}", UriKind.Absolute, out Uri? to))
        {
            throw CommandException.WrongCommandLine($"'{path}' is not a path.", "Write --path /some/path?query.");
        }
        return new ExplainRequest
        {
            From = from,
            To = to,
            Method = context.Value(Method) ?? "GET",
            Headers = [.. (context.Value(Headers) ?? []).Select(ExplainSource.Header)],
            Claims = ExplainSource.ClaimsOf(context.Value(Claims)),
        };
    }
}
