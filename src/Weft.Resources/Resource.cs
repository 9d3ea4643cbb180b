using System.Text.Json.Nodes;

namespace Weft.Resources;

/// <summary>
/// One resource in the Kubernetes shape. The JSON tree is shared by all readers of a revision: read it, never write
/// it; <see cref="Clone"/> first to make another version.
/// </summary>
public sealed class Resource
{
    public Resource(JsonObject json)
    {
        Json = json;
        ApiVersion = Text(json, "apiVersion");
        Kind = Text(json, "kind");
        JsonObject? metadata = json["metadata"] as JsonObject;
        Name = Text(metadata, "name");
        Namespace = Text(metadata, "namespace");
        Uid = Text(metadata, "uid");
        Revision = long.TryParse(Text(metadata, "resourceVersion"), out long revision) ? revision : 0;
        Generation = metadata?["generation"] is JsonValue v && v.TryGetValue(out long g) ? g : 0;
    }

    public JsonObject Json { get; }

    public string ApiVersion { get; }

    public string Kind { get; }

    public string Namespace { get; }

    public string Name { get; }

    public string Uid { get; }

    /// <summary>metadata.resourceVersion; 0 for a resource that was read from a file.</summary>
    public long Revision { get; }

    public long Generation { get; }

    public string Group => ApiVersion.Contains('/') ? ApiVersion[..ApiVersion.IndexOf('/')] : "";

    public ResourceKey Key => new(Group, Kind, Namespace, Name);

    public JsonObject? Metadata => Json["metadata"] as JsonObject;

    public JsonObject? Spec => Json["spec"] as JsonObject;

    public JsonObject? Status => Json["status"] as JsonObject;

    public IReadOnlyDictionary<string, string> Labels => field ??= Map("labels");

    public IReadOnlyDictionary<string, string> Annotations => field ??= Map("annotations");

    /// <summary>metadata.creationTimestamp, or the beginning of time for a resource from a file.</summary>
    public DateTimeOffset Created =>
        DateTimeOffset.TryParse(Text(Metadata, "creationTimestamp"), out DateTimeOffset at) ? at : DateTimeOffset.MinValue;

    /// <summary>Where it was written, when it came from a file.</summary>
    public SourcePosition? Source { get; init; }

    public Resource Clone() => new((JsonObject)Json.DeepClone()) { Source = Source };

    public override string ToString() => Key.ToString();

    private static string Text(JsonObject? json, string name) =>
        json?[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    private Dictionary<string, string> Map(string name) =>
        Metadata?[name] is JsonObject map
            ? map.Where(p => p.Value is JsonValue).ToDictionary(p => p.Key, p => p.Value!.ToString(), StringComparer.Ordinal)
            : new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>A place in a file; lines and columns count from 1.</summary>
public sealed record SourcePosition(string File, int Line, int Column);
