using System.Text.Json.Nodes;

namespace Weft.Conformance.Live.Kit;

/// <summary>A request as an application saw it.</summary>
/// <param name="Place">"10.0.1.1:9080": where configuration says that the application is.</param>
internal sealed record Sighting(string Place, JsonObject Seen)
{
    public string Path => (string?)Seen["path"] ?? "";

    public string Host => (string?)Seen["host"] ?? "";

    public string Header(string name) =>
        string.Join(',', (Seen["headers"] as JsonObject ?? []).Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).SelectMany(h => h.Value!.AsArray()).Select(v => v?.ToString()));
}
