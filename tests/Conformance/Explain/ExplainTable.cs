using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Weft.Cli.Explain;
using Weft.Compile;
using Weft.Dialects.Reading;
using Weft.Resources;

namespace Weft.Conformance.Explain;

/// <summary>The files of Cases/: configuration, requests, and what must become of them.</summary>
internal static class ExplainTable
{
    private const string World = "world";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Explain", "Cases");
    private static readonly ConcurrentDictionary<string, JsonObject> Files = new(StringComparer.Ordinal);

    /// <summary>File and name of every row.</summary>
    public static IReadOnlyList<(string File, string Name)> Rows { get; } =
        [.. FileNames().SelectMany(f => RowsOf(f).Select(r => (f, r["name"]!.ToString())))];

    public static ExplainCase Load(string file, string name)
    {
        JsonObject row = RowsOf(file).Single(r => r["name"]!.ToString() == name);
        string config = $"{File.ReadAllText(Path.Combine(Folder, World + ".yaml"))}\n---\n{Read(file)["config"]}\n---\n{row["config"]}";
        return new ExplainCase(config, Request(row), row["expect"]!.AsObject(), row["live"]?.ToString() ?? "");
    }

    /// <summary>What a row and its file write, without the world of all rows.</summary>
    public static string TextOf(string file, string name) => $"{Read(file)["config"]}\n{RowsOf(file).Single(r => r["name"]!.ToString() == name)["config"]}";

    /// <summary>What the rows and their files write.</summary>
    public static IEnumerable<Resource> Documents() =>
        from file in FileNames()
        from text in RowsOf(file).Select(r => r["config"]?.ToString() ?? "").Prepend(Read(file)["config"]?.ToString() ?? "")
        from resource in ResourceReader.ReadText(text, file).Resources
        select resource;

    private static IEnumerable<string> FileNames() =>
        Directory.EnumerateFiles(Folder, "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)).Where(f => f != World).Order(StringComparer.Ordinal);

    private static IEnumerable<JsonObject> RowsOf(string file) => Read(file)["rows"]!.AsArray().OfType<JsonObject>();

    private static JsonObject Read(string file) => Files.GetOrAdd(file, static f =>
        ResourceReader.TryReadValue(File.ReadAllText(Path.Combine(Folder, f + ".yaml")), out JsonNode? value) ? (JsonObject)value! : throw new InvalidOperationException(f));

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
}
