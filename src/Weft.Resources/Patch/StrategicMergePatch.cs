using System.Text.Json.Nodes;
using Weft.Resources.Schemas;

namespace Weft.Resources.Patch;

/// <summary>
/// Kubernetes' strategic merge patch: like a merge patch, but lists whose elements have a merge key are merged element by
/// element, with the directives $patch, $retainKeys, $deleteFromPrimitiveList and $setElementOrder.
/// </summary>
public static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeleteFromList = "$deleteFromPrimitiveList/";
    private const string ElementOrder = "$setElementOrder/";

    /// <summary>A new tree; neither argument is changed.</summary>
    public static JsonObject Apply(JsonObject target, JsonObject patch, SchemaNode schema) => MergeFields(target, patch, schema);

    private static JsonObject MergeFields(JsonObject target, JsonObject patch, SchemaNode schema)
    {
        switch ((string?)patch[Directive])
        {
            case "replace":
                return Plain(patch);
            case "delete":
                return [];
            case null or "merge":
                break;
            case var other:
                throw new PatchRefusedException($"\"{other}\" is not a {Directive} directive: use merge, replace or delete", malformed: true);
        }

        JsonObject result = (JsonObject)target.DeepClone();
        if (patch[RetainKeys] is JsonArray retained)
        {
            HashSet<string> names = [.. retained.Select(n => n?.ToString() ?? "")];
            foreach (string name in result.Select(p => p.Key).Where(n => !names.Contains(n)).ToArray())
            {
                result.Remove(name);
            }
        }

        foreach ((string name, JsonNode? change) in patch.Where(p => p.Key[0] != '$'))
        {
            MergeField(result, name, change, Field(schema, name));
        }

        DeletePrimitives(result, patch);
        Reorder(result, patch, schema);
        return result;
    }

    private static void MergeField(JsonObject result, string name, JsonNode? change, SchemaNode schema)
    {
        result[name] = (change, result[name]) switch
        {
            (null, _) => null,
            (JsonObject fields, JsonObject old) => MergeFields(old, fields, schema),
            (JsonObject fields, _) => MergeFields([], fields, schema),
            (JsonArray items, var old) when Merges(schema) => MergeItems(old as JsonArray ?? [], items, schema),
            (JsonArray items, _) => new JsonArray([.. items.Where(i => !IsDirective(i)).Select(i => i?.DeepClone())]),
            _ => change.DeepClone(),
        };
        if (change is null)
        {
            result.Remove(name);
        }
    }

    private static bool Merges(SchemaNode schema) => schema is { Type: SchemaType.Array, ListKind: not ListKind.Atomic };

    private static JsonArray MergeItems(JsonArray old, JsonArray changes, SchemaNode schema)
    {
        if (changes.OfType<JsonObject>().Any(c => (string?)c[Directive] == "replace" && c.Count == 1))
        {
            return new JsonArray([.. changes.Where(c => !IsDirective(c)).Select(c => c?.DeepClone())]);
        }

        List<JsonNode?> result = [.. old.Select(o => o?.DeepClone())];
        foreach (JsonNode? change in changes)
        {
            if (schema.Keys.Count == 0)
            {
                // A list that is a set: add what is new.
                if (!result.Any(r => JsonNode.DeepEquals(r, change)))
                {
                    result.Add(change?.DeepClone());
                }

                continue;
            }

            JsonObject element = change as JsonObject ?? throw new PatchRefusedException("an element of a keyed list must be an object");
            string key = schema.Keys[0];
            JsonNode value = element[key] ?? throw new PatchRefusedException($"map: {element.ToJsonString()} does not contain declared merge key: {key}");
            int at = result.FindIndex(r => r is JsonObject o && JsonNode.DeepEquals(o[key], value));
            if ((string?)element[Directive] == "delete")
            {
                result.RemoveAll(r => r is JsonObject o && JsonNode.DeepEquals(o[key], value));
            }
            else if (at >= 0)
            {
                result[at] = MergeFields((JsonObject)result[at]!, element, schema.Element!);
            }
            else
            {
                result.Add(MergeFields([], element, schema.Element!));
            }
        }

        return new JsonArray([.. result]);
    }

    private static void DeletePrimitives(JsonObject result, JsonObject patch)
    {
        foreach ((string name, JsonNode? values) in patch.Where(p => p.Key.StartsWith(DeleteFromList, StringComparison.Ordinal)))
        {
            string field = name[DeleteFromList.Length..];
            if (result[field] is JsonArray list && values is JsonArray gone)
            {
                result[field] = new JsonArray([.. list.Where(l => !gone.Any(g => JsonNode.DeepEquals(g, l))).Select(l => l?.DeepClone())]);
            }
        }
    }

    /// <summary>Elements named by $setElementOrder stand in its order; others follow in the order they had.</summary>
    private static void Reorder(JsonObject result, JsonObject patch, SchemaNode schema)
    {
        foreach ((string name, JsonNode? value) in patch.Where(p => p.Key.StartsWith(ElementOrder, StringComparison.Ordinal)))
        {
            string field = name[ElementOrder.Length..];
            if (result[field] is not JsonArray list || value is not JsonArray order)
            {
                continue;
            }

            IReadOnlyList<string> keys = Field(schema, field).Keys;
            string? key = keys.Count > 0 ? keys[0] : null;
            JsonNode? KeyOf(JsonNode? item) => key is not null && item is JsonObject o ? o[key] : item;
            int Place(JsonNode? item)
            {
                int at = order.ToList().FindIndex(o => JsonNode.DeepEquals(KeyOf(o), KeyOf(item)));
                return at < 0 ? int.MaxValue : at;
            }

            result[field] = new JsonArray([.. list.OrderBy(Place).Select(i => i?.DeepClone())]);
        }
    }

    private static SchemaNode Field(SchemaNode schema, string name) =>
        schema.Child(name) ?? (schema.Type == SchemaType.Map ? schema.Element : null) ?? SchemaNode.Anything;

    private static bool IsDirective(JsonNode? item) => item is JsonObject o && o.ContainsKey(Directive);

    private static JsonObject Plain(JsonObject patch) =>
        new(patch.Where(p => p.Key[0] != '$').Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
}
