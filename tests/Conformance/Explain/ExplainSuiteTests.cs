using System.Text.Json.Nodes;
using Weft.Cli.Explain;
using Weft.Compile;
using Weft.Dialects.Reading;
using Weft.Resources;

namespace Weft.Conformance.Explain;

/// <summary>
/// What a piece of configuration means for a request. A file of Cases/ holds configuration and rows: a request and the part
/// of the answer that matters. Expected lists are compared whole, expected maps as a part, a null says that a field is left out.
/// </summary>
public sealed class ExplainSuiteTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Explain", "Cases");

    public static TheoryData<string, string> Rows()
    {
        TheoryData<string, string> rows = [];
        foreach (string file in Directory.EnumerateFiles(Folder, "*.yaml").Order(StringComparer.Ordinal).Where(f => Path.GetFileName(f) != "world.yaml"))
        {
            foreach (JsonObject row in Load(file)["rows"]!.AsArray().OfType<JsonObject>())
            {
                rows.Add(Path.GetFileNameWithoutExtension(file), row["name"]!.ToString());
            }
        }
        return rows;
    }

    /// <summary>What the rows and their files write.</summary>
    internal static IEnumerable<Resource> Documents()
    {
        foreach (string file in Directory.EnumerateFiles(Folder, "*.yaml").Where(f => Path.GetFileName(f) != "world.yaml"))
        {
            JsonObject suite = Load(file);
            foreach (string text in suite["rows"]!.AsArray().Select(r => r!["config"]?.ToString() ?? "").Prepend(suite["config"]?.ToString() ?? ""))
            {
                foreach (Resource resource in ResourceReader.ReadText(text, file).Resources)
                {
                    yield return resource;
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Explain_Row_SaysWhatIsExpected(string file, string name)
    {
        JsonObject suite = Load(Path.Combine(Folder, file + ".yaml"));
        JsonObject row = suite["rows"]!.AsArray().OfType<JsonObject>().Single(r => r["name"]!.ToString() == name);
        string config = $"{File.ReadAllText(Path.Combine(Folder, "world.yaml"))}\n---\n{suite["config"]}\n---\n{row["config"]}";
        ReadResult read = ResourceReader.ReadText(config, file);
        Assert.Empty(read.Problems);
        CompiledMesh mesh = MeshCompiler.Compile(ResourceSnapshot.Of(read.Resources), CompileOptions.Default);
        JsonObject answer = new Explainer(mesh).Explain(Request(row))?.ToJson() ?? throw new InvalidOperationException("no such gateway");
        string? difference = Difference(row["expect"], answer, "");
        Assert.True(difference is null, $"{difference}\n{answer}");
    }

    [Fact]
    public void Suite_Names_AreUnique() => Assert.Equal(Rows().Count, Rows().Select(r => (r.Data.Item1, r.Data.Item2)).Distinct().Count());

    private static JsonObject Load(string file) =>
        ResourceReader.TryReadValue(File.ReadAllText(file), out JsonNode? value) ? (JsonObject)value! : throw new InvalidOperationException(file);

    private static ExplainRequest Request(JsonObject row) => new()
    {
        From = row["from"]?.ToString() ?? "default/client",
        To = new Uri(row["to"]!.ToString()),
        Method = row["method"]?.ToString() ?? "GET",
        Headers = [.. (row["headers"] as JsonObject ?? []).Select(h => (h.Key, h.Value?.ToString() ?? ""))],
        FromLabels = (row["labels"] as JsonObject ?? []).ToDictionary(l => l.Key, l => l.Value?.ToString() ?? ""),
        Claims = row["claims"]?.DeepClone() as JsonObject,
        Sni = row["tls"]?.ToString() ?? "",
        Port = row["port"] is { } port ? (uint)(long)port : 0,
    };

    private static string? Difference(JsonNode? expected, JsonNode? actual, string path)
    {
        switch (expected)
        {
            case null:
                return actual is null ? null : $"{path} should be left out and is {actual.ToJsonString()}";
            case JsonObject map:
                return actual is not JsonObject own ? $"{path} should be there"
                    : map.Select(p => Difference(p.Value, own[p.Key], $"{path}.{p.Key}")).FirstOrDefault(d => d is not null);
            case JsonArray list:
                return actual is not JsonArray items || items.Count != list.Count ? $"{path} should be {list.ToJsonString()} and is {actual?.ToJsonString() ?? "left out"}"
                    : list.Select((e, i) => Difference(e, items[i], $"{path}[{i}]")).FirstOrDefault(d => d is not null);
            default:
                return actual is JsonValue && Same(expected, actual) ? null : $"{path} should be {expected.ToJsonString()} and is {actual?.ToJsonString() ?? "left out"}";
        }
    }

    private static bool Same(JsonNode expected, JsonNode actual) => expected.ToJsonString() == actual.ToJsonString()
        || (double.TryParse(expected.ToJsonString(), out double a) && double.TryParse(actual.ToJsonString(), out double b) && a.Equals(b));
}
