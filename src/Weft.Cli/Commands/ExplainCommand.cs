using System.CommandLine;
using Weft.Cli.Explain;
using Weft.Cli.Frame;
using Weft.Compile;

namespace Weft.Cli.Commands;

/// <summary>`weft explain`: what the mesh would do with one request, and why.</summary>
internal static class ExplainCommand
{
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
        foreach (Option option in new Option[] { ExplainSource.Files, From, To, Method, Headers, FromLabels, Claims, Sni, Port })
        {
            command.Options.Add(option);
        }
        return command.Runs(RunAsync);
    }

    private static async Task<int> RunAsync(CommandContext context, CancellationToken ct)
    {
        ExplainRequest request = Request(context);
        CompiledMesh mesh = await ExplainSource.MeshAsync(context, ct);
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
            Headers = [.. (context.Value(Headers) ?? []).Select(ExplainSource.Header)],
            FromLabels = Labels(context.Value(FromLabels)),
            Claims = ExplainSource.ClaimsOf(context.Value(Claims)),
            Sni = context.Value(Sni) ?? "",
            Port = context.Value(Port),
        };
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
}
