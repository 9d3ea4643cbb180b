using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Compile;
using Weft.Compile.Analyze;
using Weft.Dialects.Problems;
using Weft.Dialects.Reading;
using Weft.Resources;

namespace Weft.Cli.Explain;

/// <summary>What commands that ask about a mesh have in common: files or a control plane, and how a request is described.</summary>
internal static class ExplainSource
{
    /// <summary>Errors of the files that are repeated here; `weft analyze` shows all.</summary>
    private const int NotesMax = 10;

    public static readonly Option<string[]> Files = new("--filename", "-f") { Description = "files or directories to ask instead of the control plane; - is standard input", HelpName = "FILE|DIR", AllowMultipleArgumentsPerToken = false };

    /// <summary>Compiled as a control plane does, from the files that are named or else from its own snapshot.</summary>
    public static async Task<CompiledMesh> MeshAsync(CommandContext context, CancellationToken ct)
    {
        if (context.Value(Files) is { Length: > 0 } files)
        {
            return MeshCompiler.Compile(FromFiles(context, files), CompileOptions.Default);
        }
        (ResourceSnapshot snapshot, CompileOptions options) = await FromControlPlaneAsync(context, ct);
        return MeshCompiler.Compile(snapshot, options);
    }

    public static (string, string) Header(string text)
    {
        int colon = text.IndexOf(':', 1);
        return colon > 0 ? (text[..colon].Trim(), text[(colon + 1)..].Trim())
            : throw CommandException.WrongCommandLine($"'{text}' is not a header.", "Write -H 'name: value'.");
    }

    public static JsonObject? ClaimsOf(string? text)
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

    private static async Task<(ResourceSnapshot Snapshot, CompileOptions Options)> FromControlPlaneAsync(CommandContext context, CancellationToken ct)
    {
        using Weft.Node.Control.ControlPlaneClient client = context.Connect();
        JsonNode? list = await client.GetAsync("/weft/v1/snapshot", ct);
        JsonNode? status = await client.GetAsync("/weft/v1/status", ct);
        var snapshot = ResourceSnapshot.Of((list?["items"] as JsonArray ?? []).OfType<JsonObject>().Select(i => new Resource((JsonObject)i.DeepClone())));
        return (snapshot, status?["trustDomain"]?.ToString() is { Length: > 0 } domain ? CompileOptions.Default with { TrustDomain = domain } : CompileOptions.Default);
    }
}
