using System.Text.Json.Nodes;
using Weft.Resources.Schemas;

namespace Weft.Resources.Patch;

/// <summary>Lays one configuration over another as server-side apply does: objects by field, keyed lists by element, sets by value, the rest whole.</summary>
public static class SchemaMerge
{
    /// <summary>A new tree; neither argument is changed.</summary>
    public static JsonObject Apply(JsonObject live, JsonObject applied, SchemaNode schema) => (JsonObject)Merge(live, applied, schema)!;

    private static JsonNode? Merge(JsonNode? live, JsonNode? applied, SchemaNode schema)
    {
        switch (live, applied)
        {
            case (JsonObject old, JsonObject fields):
                JsonObject result = (JsonObject)old.DeepClone();
                foreach ((string name, JsonNode? value) in fields)
                {
                    SchemaNode child = schema.Type == SchemaType.Map ? schema.Element! : schema.Child(name) ?? SchemaNode.Anything;
                    result[name] = Merge(old[name], value, child);
                }

                return result;
            case (JsonArray old, JsonArray items) when schema is { Type: SchemaType.Array, ListKind: not ListKind.Atomic }:
                return MergeItems(old, items, schema);
            default:
                return applied?.DeepClone();
        }
    }

    private static JsonArray MergeItems(JsonArray old, JsonArray items, SchemaNode schema)
    {
        List<JsonNode?> result = [.. old.Select(o => o?.DeepClone())];
        foreach (JsonNode? item in items)
        {
            string? key = item is null ? null : SchemaCheck.KeyOf(item, schema);
            int at = result.FindIndex(r => r is not null && SchemaCheck.KeyOf(r, schema) == key);
            if (at < 0)
            {
                result.Add(item?.DeepClone());
            }
            else
            {
                result[at] = Merge(result[at], item, schema.Element!);
            }
        }

        return new JsonArray([.. result]);
    }
}
