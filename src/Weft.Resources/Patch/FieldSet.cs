using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Resources.Schemas;

namespace Weft.Resources.Patch;

/// <summary>
/// A set of fields of one resource, as managedFields writes it (FieldsV1): f:name for a field, k:{…} for an element of a
/// keyed list, v:… for a value of a set, "." for the thing itself. Immutable.
/// </summary>
public sealed class FieldSet
{
    /// <summary>Between the steps of a path; no field name has it.</summary>
    private const char Separator = '\u0001';

    public static readonly FieldSet Empty = new([]);

    private readonly ImmutableHashSet<string> _paths;

    private FieldSet(ImmutableHashSet<string> paths) => _paths = paths;

    public bool IsEmpty => _paths.IsEmpty;

    /// <summary>What <paramref name="resource"/> says, without the fields that identify it or that the server sets.</summary>
    public static FieldSet Of(JsonObject resource, SchemaNode schema)
    {
        ImmutableHashSet<string>.Builder paths = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach ((string name, JsonNode? value) in resource)
        {
            if (name == "metadata" && value is JsonObject metadata)
            {
                foreach ((string field, JsonNode? of) in metadata.Where(m => m.Key is "labels" or "annotations" or "finalizers" or "ownerReferences"))
                {
                    Collect(of, schema.Child("metadata")?.Child(field) ?? SchemaNode.Anything, $"f:metadata{Separator}f:{field}", paths);
                }
            }
            else if (name is not ("apiVersion" or "kind" or "metadata"))
            {
                Collect(value, schema.Child(name) ?? SchemaNode.Anything, "f:" + name, paths);
            }
        }

        return new FieldSet(paths.ToImmutable());
    }

    /// <summary>The fields whose values differ between two states, in either direction.</summary>
    public static FieldSet Changed(JsonObject before, JsonObject after, SchemaNode schema)
    {
        FieldSet old = Of(before, schema);
        FieldSet now = Of(after, schema);
        return new FieldSet([.. now._paths.Where(p => !old._paths.Contains(p) || !JsonNode.DeepEquals(Find(before, p), Find(after, p)))]);
    }

    public static FieldSet Read(JsonObject? fields)
    {
        ImmutableHashSet<string>.Builder paths = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        ReadInto(fields, "", paths);
        return new FieldSet(paths.ToImmutable());
    }

    public FieldSet Union(FieldSet other) => new(_paths.Union(other._paths));

    public FieldSet Except(FieldSet other) => new(_paths.Except(other._paths));

    public FieldSet Intersect(FieldSet other) => new(_paths.Intersect(other._paths));

    /// <summary>Those whose values in <paramref name="a"/> and <paramref name="b"/> are not the same.</summary>
    public FieldSet WhereDifferent(JsonObject a, JsonObject b) => new([.. _paths.Where(p => !JsonNode.DeepEquals(Find(a, p), Find(b, p)))]);

    public FieldSet WhereSame(JsonObject a, JsonObject b) => Except(WhereDifferent(a, b));

    public FieldSet WherePresent(JsonObject resource) => new([.. _paths.Where(p => Find(resource, p) is not null)]);

    /// <summary>Takes these fields out of a resource, and list elements and objects that nothing is left of.</summary>
    public void RemoveFrom(JsonObject resource)
    {
        foreach (string path in _paths.OrderByDescending(p => p.Length))
        {
            Remove(resource, path.Split(Separator), 0);
        }
    }

    public JsonObject ToJson()
    {
        JsonObject root = [];
        foreach (string path in _paths.Order(StringComparer.Ordinal))
        {
            JsonObject at = root;
            foreach (string step in path.Split(Separator))
            {
                if (at[step] is not JsonObject next)
                {
                    at[step] = next = [];
                }

                at = next;
            }
        }

        return root;
    }

    /// <summary>As kubectl prints a conflict: .spec.replicas, .spec.ports[port=80].</summary>
    public IEnumerable<string> Describe() => _paths.Order(StringComparer.Ordinal).Select(path =>
        string.Concat(path.Split(Separator).Select(step => step switch
        {
            ['f', ':', .. var name] => "." + name,
            ['k', ':', .. var key] => "[" + string.Join(",", ((JsonObject)JsonNode.Parse(key)!).Select(k => $"{k.Key}={k.Value?.ToJsonString()}")) + "]",
            ['v', ':', .. var value] => $"[{value}]",
            _ => "",
        })));

    private static void Collect(JsonNode? node, SchemaNode schema, string path, ImmutableHashSet<string>.Builder paths)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } fields:
                foreach ((string name, JsonNode? value) in fields)
                {
                    SchemaNode child = schema.Type == SchemaType.Map ? schema.Element! : schema.Child(name) ?? SchemaNode.Anything;
                    Collect(value, child, $"{path}{Separator}f:{name}", paths);
                }

                break;
            case JsonArray { Count: > 0 } items when schema is { Type: SchemaType.Array, ListKind: ListKind.Map }:
                foreach (JsonObject item in items.OfType<JsonObject>())
                {
                    string at = $"{path}{Separator}k:{KeyOf(item, schema)}";
                    paths.Add($"{at}{Separator}.");
                    Collect(item, schema.Element!, at, paths);
                }

                break;
            case JsonArray { Count: > 0 } items when schema is { Type: SchemaType.Array, ListKind: ListKind.Set }:
                paths.UnionWith(items.Select(i => $"{path}{Separator}v:{i?.ToJsonString()}"));
                break;
            default:
                paths.Add(path);
                break;
        }
    }

    private static string KeyOf(JsonObject item, SchemaNode list) =>
        new JsonObject(list.Keys.Select(k => KeyValuePair.Create(k, (item[k] ?? list.Element?.Child(k)?.Default)?.DeepClone()))).ToJsonString();

    private static void ReadInto(JsonObject? fields, string prefix, ImmutableHashSet<string>.Builder paths)
    {
        foreach ((string step, JsonNode? below) in fields ?? [])
        {
            string path = prefix.Length == 0 ? step : $"{prefix}{Separator}{step}";
            if (below is JsonObject { Count: > 0 } deeper)
            {
                ReadInto(deeper, path, paths);
            }
            else
            {
                paths.Add(path);
            }
        }
    }

    private static JsonNode? Find(JsonNode? node, string path)
    {
        foreach (string step in path.Split(Separator))
        {
            node = Step(node, step);
        }

        return node;
    }

    private static JsonNode? Step(JsonNode? node, string step) => (step, node) switch
    {
        (['f', ':', .. var name], JsonObject fields) => fields[name],
        (['k', ':', .. var key], JsonArray items) => items.FirstOrDefault(i => HasKey(i, key)),
        (['v', ':', .. var value], JsonArray items) => items.FirstOrDefault(i => i?.ToJsonString() == value),
        (".", _) => node is null ? null : JsonValue.Create(true),
        _ => null,
    };

    private static bool HasKey(JsonNode? item, string key)
    {
        try
        {
            // A key field that was left out is the default it has in the list's key.
            return item is JsonObject o && ((JsonObject)JsonNode.Parse(key)!).All(k => o[k.Key] is null || JsonNode.DeepEquals(o[k.Key], k.Value));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <returns>True when nothing is left at this place, so that its parent lets go of it.</returns>
    private static void Remove(JsonNode? node, string[] steps, int at)
    {
        string step = steps[at];
        JsonNode? next = Step(node, step);
        if (at + 1 < steps.Length && !(steps[at + 1] == "."))
        {
            Remove(next, steps, at + 1);
            bool empty = next is JsonObject { Count: 0 } or JsonArray { Count: 0 };
            if (!empty)
            {
                return;
            }
        }

        switch (node)
        {
            case JsonObject fields when step.StartsWith("f:", StringComparison.Ordinal):
                fields.Remove(step[2..]);
                break;
            case JsonArray items when next is not null:
                items.Remove(items.First(i => i is not null && ReferenceEquals(i, next) || i?.ToJsonString() == next.ToJsonString()));
                break;
        }
    }
}
