using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Weft.Resources.Schemas;

/// <summary>Compares a resource with its kind's shape and collects what is wrong. Pure.</summary>
public static class SchemaCheck
{
    /// <summary>A resource with more problems than this is told about the first ones only.</summary>
    public const int ProblemsMax = 50;

    public static IReadOnlyList<SchemaProblem> Run(JsonObject resource, SchemaNode schema)
    {
        List<SchemaProblem> problems = [];
        Check(resource, schema, "", problems);
        return problems;
    }

    /// <summary>Takes out what the shape does not know, as a server does for a client that did not ask to be told.</summary>
    public static void Prune(JsonNode? node, SchemaNode schema)
    {
        switch (node)
        {
            case JsonObject fields when schema.Type == SchemaType.Object:
                foreach ((string name, JsonNode? value) in fields.ToArray())
                {
                    if (schema.Child(name) is { } child)
                    {
                        Prune(value, child);
                    }
                    else
                    {
                        fields.Remove(name);
                    }
                }

                break;
            case JsonObject map when schema is { Type: SchemaType.Map, Element: { } element }:
                foreach ((_, JsonNode? value) in map)
                {
                    Prune(value, element);
                }

                break;
            case JsonArray items when schema is { Type: SchemaType.Array, Element: { } element }:
                foreach (JsonNode? item in items)
                {
                    Prune(item, element);
                }

                break;
        }
    }

    private static void Check(JsonNode? node, SchemaNode schema, string path, List<SchemaProblem> problems)
    {
        if (node is null || schema.Type == SchemaType.Any || problems.Count >= ProblemsMax)
        {
            return;
        }

        switch (schema.Type)
        {
            case SchemaType.Object when node is JsonObject fields:
                CheckFields(fields, schema, path, problems);
                break;
            case SchemaType.Map when node is JsonObject map:
                CheckCount(map.Count, schema, path, "entries", problems);
                foreach ((string name, JsonNode? value) in map)
                {
                    Check(value, schema.Element!, Join(path, name), problems);
                }

                break;
            case SchemaType.Array when node is JsonArray items:
                CheckItems(items, schema, path, problems);
                break;
            case SchemaType.Object or SchemaType.Map or SchemaType.Array:
                problems.Add(WrongType(node, schema, path));
                break;
            default:
                CheckValue(node, schema, path, problems);
                break;
        }
    }

    private static void CheckFields(JsonObject fields, SchemaNode schema, string path, List<SchemaProblem> problems)
    {
        foreach ((string name, JsonNode? value) in fields)
        {
            if (schema.Child(name) is { } child)
            {
                Check(value, child, Join(path, name), problems);
                continue;
            }

            string? near = NearestName.Of(name, schema.Fields.Select(f => f.Name));
            string known = string.Join(", ", schema.Fields.Take(12).Select(f => f.Name)) + (schema.Fields.Count > 12 ? ", …" : "");
            string cure = near is not null ? $"did you mean \"{near}\"?" : schema.Fields.Count > 0 ? $"known here: {known}" : "nothing is known here";
            problems.Add(new SchemaProblem(SchemaProblemKind.UnknownField, Join(path, name), "unknown field", cure));
        }

        foreach (SchemaField field in schema.Fields)
        {
            if (field.Required && fields[field.Name] is null)
            {
                problems.Add(new SchemaProblem(SchemaProblemKind.Missing, Join(path, field.Name), "required value", "add it"));
            }
        }

        foreach (IReadOnlyList<string> group in schema.OneOf)
        {
            string[] set = [.. group.Where(name => fields[name] is not null)];
            if (set.Length > 1)
            {
                problems.Add(new SchemaProblem(SchemaProblemKind.NotAllowed, path.Length == 0 ? set[1] : path,
                    $"{string.Join(" and ", set)} exclude each other", "keep one of them"));
            }
        }
    }

    private static void CheckItems(JsonArray items, SchemaNode schema, string path, List<SchemaProblem> problems)
    {
        CheckCount(items.Count, schema, path, "items", problems);
        HashSet<string>? seen = schema.ListKind == ListKind.Atomic ? null : new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < items.Count; i++)
        {
            string at = string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]");
            if (items[i] is null)
            {
                problems.Add(new SchemaProblem(SchemaProblemKind.WrongType, at, "an item of a list cannot be null", "remove it"));
                continue;
            }

            Check(items[i], schema.Element!, at, problems);
            if (seen is not null && KeyOf(items[i]!, schema) is { } key && !seen.Add(key))
            {
                problems.Add(new SchemaProblem(SchemaProblemKind.NotAllowed, at, $"duplicate value {key}", "each may stand once"));
            }
        }
    }

    /// <summary>What tells one element of a keyed list from another; null when it has not all its keys.</summary>
    internal static string? KeyOf(JsonNode item, SchemaNode list)
    {
        if (list.ListKind == ListKind.Set || list.Keys.Count == 0)
        {
            return item.ToJsonString();
        }

        string[] parts = [.. list.Keys.Select(k => ((item as JsonObject)?[k] ?? list.Element?.Child(k)?.Default)?.ToJsonString() ?? "")];
        return parts.Any(p => p.Length == 0) ? null : string.Join(",", parts);
    }

    private static void CheckCount(int count, SchemaNode schema, string path, string what, List<SchemaProblem> problems)
    {
        if (count > schema.ItemsMax)
        {
            problems.Add(new SchemaProblem(SchemaProblemKind.NotAllowed, path, $"has {count} {what}", $"at most {schema.ItemsMax} are allowed"));
        }
        else if (count < schema.ItemsMin)
        {
            problems.Add(new SchemaProblem(SchemaProblemKind.NotAllowed, path, $"has {count} {what}", $"at least {schema.ItemsMin} must be there"));
        }
    }

    private static void CheckValue(JsonNode node, SchemaNode schema, string path, List<SchemaProblem> problems)
    {
        JsonValueKind kind = node.GetValueKind();
        bool fits = schema.Type switch
        {
            SchemaType.String => kind is JsonValueKind.String,
            SchemaType.Integer => kind is JsonValueKind.Number && IsWhole(node),
            SchemaType.Number => kind is JsonValueKind.Number,
            SchemaType.Boolean => kind is JsonValueKind.True or JsonValueKind.False,
            SchemaType.IntOrString => kind is JsonValueKind.String || (kind is JsonValueKind.Number && IsWhole(node)),
            SchemaType.Quantity => kind is JsonValueKind.String or JsonValueKind.Number,
            SchemaType.Bytes => kind is JsonValueKind.String && IsBase64(node.GetValue<string>()),
            SchemaType.Time => kind is JsonValueKind.String && DateTimeOffset.TryParse(node.GetValue<string>(), CultureInfo.InvariantCulture, out _),
            _ => true,
        };
        if (!fits)
        {
            problems.Add(WrongType(node, schema, path));
            return;
        }

        string text = kind is JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString();
        if (schema.Enum.Count > 0 && !schema.Enum.Contains(text))
        {
            string near = NearestName.Of(text, schema.Enum) is { } name ? $"did you mean \"{name}\"? " : "";
            problems.Add(new SchemaProblem(SchemaProblemKind.NotAllowed, path, $"unsupported value \"{text}\"",
                $"{near}supported values: {string.Join(", ", schema.Enum.Select(e => $"\"{e}\""))}"));
        }
        else if (kind is JsonValueKind.Number)
        {
            CheckRange(node, schema, path, problems);
        }
        else if (kind is JsonValueKind.String)
        {
            CheckText(text, schema, path, problems);
        }
    }

    private static void CheckRange(JsonNode node, SchemaNode schema, string path, List<SchemaProblem> problems)
    {
        double number = double.Parse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);
        if (number < schema.Min || number > schema.Max)
        {
            string range = schema is { Min: { } min, Max: { } max } ? $"must be from {min} to {max}"
                : schema.Min is { } low ? $"must be at least {low}" : $"must be at most {schema.Max}";
            problems.Add(new SchemaProblem(SchemaProblemKind.NotAllowed, path, $"is {node.ToJsonString()}", range));
        }
    }

    private static void CheckText(string text, SchemaNode schema, string path, List<SchemaProblem> problems)
    {
        if (text.Length > schema.LengthMax || text.Length < schema.LengthMin)
        {
            problems.Add(new SchemaProblem(SchemaProblemKind.NotAllowed, path, $"is {text.Length} characters long",
                text.Length > schema.LengthMax ? $"at most {schema.LengthMax} are allowed" : $"at least {schema.LengthMin} must be there"));
        }
        else if (!schema.MatchesPattern(text))
        {
            problems.Add(new SchemaProblem(SchemaProblemKind.NotAllowed, path, $"\"{text}\" has the wrong form", $"it must match {schema.Pattern}"));
        }
    }

    private static SchemaProblem WrongType(JsonNode node, SchemaNode schema, string path)
    {
        string found = node.GetValueKind() switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            JsonValueKind.String => "text",
            JsonValueKind.Number => "a number",
            _ => "true or false",
        };
        (string expected, string cure) = schema.Type switch
        {
            SchemaType.Object or SchemaType.Map => ("an object", "write its fields below it"),
            SchemaType.Array => ("a list", "put \"- \" before each item"),
            SchemaType.String => ("text", "put it in quotes"),
            SchemaType.Integer => ("a whole number", "write it without quotes"),
            SchemaType.Number => ("a number", "write it without quotes"),
            SchemaType.Boolean => ("true or false", "write it without quotes"),
            SchemaType.Bytes => ("base64 text", "encode it, or use stringData"),
            SchemaType.Time => ("a time", "write it as 2006-01-02T15:04:05Z"),
            _ => ("a number or text", ""),
        };
        return new SchemaProblem(SchemaProblemKind.WrongType, path, $"must be {expected}, is {found}", cure);
    }

    private static bool IsWhole(JsonNode node) =>
        long.TryParse(node.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
        || (double.TryParse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && Math.Floor(number) == number);

    private static bool IsBase64(string text) => Convert.TryFromBase64String(text, new byte[(text.Length * 3 / 4) + 3], out _);

    /// <summary>Names with dots or slashes are written in brackets, as kubectl does for label keys.</summary>
    private static string Join(string path, string name) =>
        name.AsSpan().IndexOfAny("./[") >= 0 ? $"{path}[{name}]" : path.Length == 0 ? name : $"{path}.{name}";
}
