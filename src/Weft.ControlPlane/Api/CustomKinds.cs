using System.Text.Json.Nodes;
using Weft.Resources;
using Weft.Resources.Schemas;

namespace Weft.ControlPlane.Api;

internal sealed record CustomKind(ResourceType Type, SchemaNode Schema);

/// <summary>Reads a CustomResourceDefinition into a kind that the API can serve. One shape serves all its versions: that of the stored one.</summary>
internal static class CustomKinds
{
    public const string Group = "apiextensions.k8s.io";
    public const string Kind = "CustomResourceDefinition";

    /// <summary>A definition nested deeper is read as "anything" below this.</summary>
    private const int DepthMax = 40;

    /// <summary>Null when the definition has no served version.</summary>
    public static CustomKind? Read(Resource definition)
    {
        JsonObject? spec = definition.Spec;
        JsonObject? names = spec?["names"] as JsonObject;
        JsonObject[] versions = [.. (spec?["versions"] as JsonArray ?? []).OfType<JsonObject>().Where(v => (bool?)v["served"] ?? true)];
        if (spec is null || names is null || versions.Length == 0)
        {
            return null;
        }

        JsonObject stored = versions.FirstOrDefault(v => (bool?)v["storage"] ?? false) ?? versions[0];
        ResourceType type = new((string?)spec["group"] ?? "", (string?)stored["name"] ?? "v1", (string?)names["kind"] ?? "", (string?)names["plural"] ?? "",
            (string?)spec["scope"] != "Cluster")
        {
            OtherVersions = [.. versions.Where(v => v != stored).Select(v => (string?)v["name"] ?? "")],
            ShortNames = Texts(names["shortNames"]),
            Categories = Texts(names["categories"]),
            HasStatus = (stored["subresources"] as JsonObject)?.ContainsKey("status") ?? false,
            Columns = [.. (stored["additionalPrinterColumns"] as JsonArray ?? []).OfType<JsonObject>().Select(Column).Where(c => c.Path != ".metadata.creationTimestamp")],
        };
        if ((string?)names["singular"] is { Length: > 0 } singular)
        {
            type = type with { Singular = singular };
        }

        return new CustomKind(type, Shape((stored["schema"] as JsonObject)?["openAPIV3Schema"] as JsonObject, 0));
    }

    private static ResourceColumn Column(JsonObject column) =>
        new((string?)column["name"] ?? "", (string?)column["jsonPath"] ?? "", (string?)column["type"] ?? "string", (int?)column["priority"] ?? 0);

    private static SchemaNode Shape(JsonObject? schema, int depth)
    {
        if (schema is null || depth > DepthMax)
        {
            return SchemaNode.Anything;
        }

        if ((bool?)schema["x-kubernetes-int-or-string"] ?? false)
        {
            return new SchemaNode(SchemaType.IntOrString);
        }

        string[] keys = Texts(schema["x-kubernetes-list-map-keys"]);
        SchemaNode node = (string?)schema["type"] switch
        {
            "string" => new SchemaNode(SchemaType.String),
            "integer" => new SchemaNode(SchemaType.Integer),
            "number" => new SchemaNode(SchemaType.Number),
            "boolean" => new SchemaNode(SchemaType.Boolean),
            "array" => new SchemaNode(SchemaType.Array)
            {
                Element = Shape(schema["items"] as JsonObject, depth + 1),
                Keys = keys,
                ListKind = keys.Length > 0 ? ListKind.Map : (string?)schema["x-kubernetes-list-type"] == "set" ? ListKind.Set : ListKind.Atomic,
            },
            _ => Fields(schema, depth),
        };
        return node with
        {
            Enum = Texts(schema["enum"]),
            Default = schema["default"]?.DeepClone(),
            Min = (double?)schema["minimum"],
            Max = (double?)schema["maximum"],
            LengthMin = (int?)schema["minLength"],
            LengthMax = (int?)schema["maxLength"],
            ItemsMin = (int?)schema["minItems"],
            ItemsMax = (int?)schema["maxItems"],
        };
    }

    private static SchemaNode Fields(JsonObject schema, int depth)
    {
        bool open = (bool?)schema["x-kubernetes-preserve-unknown-fields"] ?? false;
        if (schema["properties"] is JsonObject properties && !open)
        {
            string[] required = Texts(schema["required"]);
            return new SchemaNode(SchemaType.Object)
            {
                Fields = [.. properties.Select(p => new SchemaField(p.Key, Shape(p.Value as JsonObject, depth + 1), required.Contains(p.Key)))],
            };
        }

        return schema["additionalProperties"] is JsonObject values
            ? new SchemaNode(SchemaType.Map) { Element = Shape(values, depth + 1) }
            : SchemaNode.Anything;
    }

    private static string[] Texts(JsonNode? list) => [.. (list as JsonArray ?? []).Where(i => i is not null).Select(i => i!.ToString())];
}
