using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Cli.Explain;
using Weft.Cli.Frame;
using Weft.Compile;
using Weft.Compile.Analyze;
using Weft.Dialects.Problems;
using Weft.Dialects.Reading;
using Weft.Resources;

namespace Weft.Cli.Commands;

/// <summary>`weft explain`: what the mesh would do with one request, and why.</summary>
internal static class ExplainCommand
{
    /// <summary>Errors of the files that are repeated here; `weft analyze` shows all.</summary>
    private const int NotesMax = 10;

    private static readonly Option<string[]> Files = new("--filename", "-f") { Description = "files or directories to ask instead of the control plane; - is standard input", HelpName = "FILE|DIR", AllowMultipleArgumentsPerToken = false };
    private static readonly Option<string> From = new("--from") { Description = "who asks: NAMESPACE/NAME of a workload, NAMESPACE, or gateway:NAMESPACE/NAME", HelpName = "WORKLOAD", Required = true };
    private static readonly Option<string> To = new("--to") { Description = "http://host[:port]/path?query, https://…, tcp://host:port or grpc://host:port/pkg.Service/Method", HelpName = "URL", Required = true };
    private static readonly Option<string> Method = new("--method") { Description = "the request's method", HelpName = "M", DefaultValueFactory = _ => "GET" };
    private static readonly Option<string[]> Headers = new("--header", "-H") { Description = "a header of the request", HelpName = "'name: value'", AllowMultipleArgumentsPerToken = false };
    private static readonly Option<string?> FromLabels = new("--from-labels") { Description = "labels added to the caller's", HelpName = "k=v,…" };
    private static readonly Option<string?> Claims = new("--claims") { Description = "claims of a valid token that the request carries", HelpName = "JSON" };
    private static readonly Option<string?> Sni = new("--tls") { Description = "the server name of a TLS connection", HelpName = "SNI" };
    private static readonly Option<uint> Port = new("--port") { Description = "the listener of a gateway", HelpName = "P" };

    public static Command Create()
    {
        WeftCommand command = new("explain", "Say what the mesh would do with one request, and why, without sending it",
            ("ask the running mesh", "weft explain --from default/productpage-v1 --to http://reviews:9080/reviews/0 -H 'end-user: jason'"),
            ("ask files, with no control plane", "weft explain -f bookinfo.yaml -f route.yaml --from default/productpage-v1 --to http://reviews:9080/"),
            ("a request arriving at a gateway", "weft explain -f . --from gateway:default/bookinfo-gateway --to http://localhost/productpage"));
        foreach (Option option in new Option[] { Files, From, To, Method, Headers, FromLabels, Claims, Sni, Port })
        {
            command.Options.Add(option);
        }
        return command.Runs(RunAsync);
    }

    private static async Task<int> RunAsync(CommandContext context, CancellationToken ct)
    {
        ExplainRequest request = Request(context);
        ResourceSnapshot snapshot = context.Value(Files) is { Length: > 0 } files ? FromFiles(context, files) : await FromControlPlaneAsync(context, ct);
        CompiledMesh mesh = MeshCompiler.Compile(snapshot, CompileOptions.Default);
        ExplainResult result = new Explainer(mesh).Explain(request)
            ?? throw CommandException.BadInput($"There is no gateway {request.From[ExplainRequest.GatewayPrefix.Length..]}.", "Name a gateway's pod or a Gateway resource, as NAMESPACE/NAME.");
        context.Output.Write(result.ToJson(), output => ExplainText.Write(output, request, result));
        return ExitCode.Done;
    }

    private static ExplainRequest Request(CommandContext context)
    {
        if (!Uri.TryCreate(context.Value(To), UriKind.Absolute, out Uri? to) || to.Scheme is not ("http" or "https" or "tcp" or "tls" or "grpc") || to.Host.Length == 0)
        {
            throw CommandException.WrongCommandLine($"'{context.Value(To)}' is not a URL that can be asked about.", "Write http://host[:port]/path, https://…, tcp://host:port or grpc://host:port/package.Service/Method.");
        }
        if (to.Scheme is "tcp" or "tls" && to.Port <= 0)
        {
            throw CommandException.WrongCommandLine($"'{to}' names no port.", "Write tcp://host:port.");
        }
        return new ExplainRequest
        {
            From = context.Value(From) ?? "",
            To = to,
            Method = context.Value(Method) ?? "GET",
            Headers = [.. (context.Value(Headers) ?? []).Select(Header)],
            FromLabels = Labels(context.Value(FromLabels)),
            Claims = ClaimsOf(context.Value(Claims)),
            Sni = context.Value(Sni) ?? "",
            Port = context.Value(Port),
        };
    }

    private static (string, string) Header(string text)
    {
        int colon = text.IndexOf(':', 1);
        return colon > 0 ? (text[..colon].Trim(), text[(colon + 1)..].Trim())
            : throw CommandException.WrongCommandLine($"'{text}' is not a header.", "Write -H 'name: value'.");
    }

    private static Dictionary<string, string> Labels(string? text)
    {
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach (string pair in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = pair.IndexOf('=');
            labels[equals > 0 ? pair[..equals] : throw CommandException.WrongCommandLine($"'{pair}' is not a label.", "Write --from-labels app=web,version=v1.")] = pair[(equals + 1)..];
        }
        return labels;
    }

    private static JsonObject? ClaimsOf(string? text)
    {
        try
        {
            return text is null ? null : JsonNode.Parse(text) as JsonObject ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw CommandException.WrongCommandLine("--claims is not a JSON object.", "Write --claims '{\"iss\":\"https://issuer\",\"sub\":\"somebody\"}'.");
        }
    }

    private static ResourceSnapshot FromFiles(CommandContext context, string[] files)
    {
        using Stream input = Console.OpenStandardInput();
        ReadResult read = ResourceReader.ReadPaths(files, input, context.Namespace);
        if (read.Problems.FirstOrDefault(p => p.Level == ProblemLevel.Error) is { } problem)
        {
            throw CommandException.BadInput($"{problem.File}:{problem.Line}: {problem.Message}", problem.Cure);
        }
        // The answer is about what would be applied; what an API server would refuse is said beside it.
        foreach (Problem wrong in read.Sources.Locate(MeshAnalysis.OfFiles(read.Resources, CompileOptions.Default)).Where(p => p.Level == ProblemLevel.Error).Take(NotesMax))
        {
            context.Output.Note($"weft: {wrong}");
        }
        return ResourceSnapshot.Of(ExplainInput.WithPods(read.Resources));
    }

    private static async Task<ResourceSnapshot> FromControlPlaneAsync(CommandContext context, CancellationToken ct)
    {
        using Weft.Node.Control.ControlPlaneClient client = context.Connect();
        JsonNode? list = await client.GetAsync("/weft/v1/snapshot", ct);
        return ResourceSnapshot.Of((list?["items"] as JsonArray ?? []).OfType<JsonObject>().Select(i => new Resource((JsonObject)i.DeepClone())));
    }
}
