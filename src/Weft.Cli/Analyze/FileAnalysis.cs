using System.Text.Json.Nodes;
using Weft.Compile;
using Weft.Compile.Analyze;
using Weft.Dialects.Problems;
using Weft.Dialects.Reading;

namespace Weft.Cli.Analyze;

/// <summary>Reads files and says everything that is wrong with them, sorted by file and line.</summary>
internal static class FileAnalysis
{
    public static IReadOnlyList<Problem> Run(ReadResult read)
    {
        IEnumerable<Problem> found = read.Problems
            .Concat(MeshAnalysis.OfFiles(read.Resources, CompileOptions.Default));
        return read.Sources.Locate(found);
    }

    public static JsonArray ToJson(IEnumerable<Problem> problems) => [.. problems.Select(p => (JsonNode)new JsonObject
    {
        ["code"] = p.Code,
        ["level"] = p.Level.ToString(),
        ["resource"] = p.Resource.Kind.Length > 0 ? p.Resource.ToString() : "",
        ["path"] = p.Path,
        ["file"] = p.File,
        ["line"] = p.Line,
        ["message"] = p.Message,
        ["cure"] = p.Cure,
    })];
}
