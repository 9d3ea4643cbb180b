using System.Text.Json.Nodes;
using Weft.Resources;
using Weft.Resources.Schemas;

namespace Weft.ControlPlane.Api.OpenApi;

/// <summary>Turns the catalogue's shapes into the schemas of an OpenAPI document, definitions shared by reference.</summary>
/// <param name="refPrefix">Where definitions stand: "#/definitions/" or "#/components/schemas/".</param>
internal sealed class SchemaDocument(string refPrefix)
{
    private readonly SortedDictionary<string, JsonObject> _definitions = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, JsonObject> Definitions => _definitions;

    /// <summary>The name of a kind's definition: the group turned round, as Kubernetes names its own.</summary>
    public static string NameOf(ResourceType type, string version) =>
        $"{(type.Group.Length == 0 ? "io.k8s.api.core" : string.Join('.', type.Group.Split('.').Reverse()))}.{version}.{type.Kind}";

    public void Add(ResourceType type, string version, SchemaNode schema)
    {
        JsonObject json = Inline(schema);
        json["description"] = KindWords.Of(type);
        json["x-kubernetes-group-version-kind"] = new JsonArray(GroupVersionKind(type, version));
        _definitions[NameOf(type, version)] = json;
        JsonObject list = new()
        {
            ["type"] = "object",
            ["description"] = $"{type.Kind}List is a list of {type.Kind}.",
            ["properties"] = new JsonObject
            {
                ["apiVersion"] = new JsonObject { ["type"] = "string" },
                ["kind"] = new JsonObject { ["type"] = "string" },
                ["metadata"] = new JsonObject { ["type"] = "object" },
                ["items"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["$ref"] = refPrefix + NameOf(type, version) } },
            },
            ["required"] = new JsonArray("items"),
        };
        JsonObject gvk = GroupVersionKind(type, version);
        gvk["kind"] = type.Kind + "List";
        list["x-kubernetes-group-version-kind"] = new JsonArray(gvk);
        _definitions[NameOf(type, version) + "List"] = list;
    }

    public static JsonObject GroupVersionKind(ResourceType type, string version) =>
        new() { ["group"] = type.Group, ["kind"] = type.Kind, ["version"] = version };

    private JsonObject Schema(SchemaNode node)
    {
        if (node.Definition.Length == 0)
        {
            return Inline(node);
        }

        string name = "dev.weft." + node.Definition;
        if (!_definitions.ContainsKey(name))
        {
            _definitions[name] = []; // before its fields, which may come back to it
            _definitions[name] = Inline(node);
        }

        return new JsonObject { ["$ref"] = refPrefix + name };
    }

    private JsonObject Inline(SchemaNode node)
    {
        JsonObject json = node.Type switch
        {
            SchemaType.Object => Fields(node),
            SchemaType.Array => new JsonObject { ["type"] = "array", ["items"] = Schema(node.Element!) },
            SchemaType.Map => new JsonObject { ["type"] = "object", ["additionalProperties"] = Schema(node.Element!) },
            SchemaType.Integer => new JsonObject { ["type"] = "integer", ["format"] = "int64" },
            SchemaType.Number => new JsonObject { ["type"] = "number" },
            SchemaType.Boolean => new JsonObject { ["type"] = "boolean" },
            SchemaType.IntOrString => new JsonObject { ["type"] = "string", ["format"] = "int-or-string", ["x-kubernetes-int-or-string"] = true },
            SchemaType.Quantity => new JsonObject { ["type"] = "string", ["x-kubernetes-int-or-string"] = true },
            SchemaType.Bytes => new JsonObject { ["type"] = "string", ["format"] = "byte" },
            SchemaType.Time => new JsonObject { ["type"] = "string", ["format"] = "date-time" },
            SchemaType.Any => new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true },
            _ => new JsonObject { ["type"] = "string" },
        };
        if (node.Enum.Count > 0 && node.Type == SchemaType.String)
        {
            json["enum"] = new JsonArray([.. node.Enum.Select(e => JsonValue.Create(e))]);
        }

        if (node.Default is { } value && node.Type != SchemaType.Object)
        {
            json["default"] = value.DeepClone();
        }

        AddListRules(json, node);
        return json;
    }

    private JsonObject Fields(SchemaNode node)
    {
        JsonObject json = new() { ["type"] = "object" };
        if (node.Fields.Count > 0)
        {
            json["properties"] = new JsonObject(node.Fields.Select(f => KeyValuePair.Create<string, JsonNode?>(f.Name, Schema(f.Node))));
        }

        if (node.Fields.Any(f => f.Required))
        {
            json["required"] = new JsonArray([.. node.Fields.Where(f => f.Required).Select(f => JsonValue.Create(f.Name))]);
        }

        return json;
    }

    /// <summary>What a client needs to make strategic merge patches and to apply.</summary>
    private static void AddListRules(JsonObject json, SchemaNode node)
    {
        if (node.Type != SchemaType.Array || node.ListKind == ListKind.Atomic)
        {
            return;
        }

        json["x-kubernetes-list-type"] = node.ListKind == ListKind.Set ? "set" : "map";
        json["x-kubernetes-patch-strategy"] = "merge";
        if (node.Keys.Count > 0)
        {
            json["x-kubernetes-list-map-keys"] = new JsonArray([.. node.Keys.Select(k => JsonValue.Create(k))]);
            json["x-kubernetes-patch-merge-key"] = node.Keys[0];
        }
    }
}
