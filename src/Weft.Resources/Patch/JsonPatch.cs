using System.Globalization;
using System.Text.Json.Nodes;

namespace Weft.Resources.Patch;

/// <summary>JSON patch, RFC 6902, over JSON pointers, RFC 6901.</summary>
public static class JsonPatch
{
    /// <summary>Operations of one patch; more are refused.</summary>
    public const int OperationsMax = 10_000;

    /// <summary>A new tree; the target is not changed. All operations hold or none (RFC 6902 §5).</summary>
    public static JsonNode Apply(JsonNode target, JsonNode? patch)
    {
        if (patch is not JsonArray operations || operations.Count > OperationsMax)
        {
            throw new PatchRefusedException($"a JSON patch is a list of at most {OperationsMax} operations", malformed: true);
        }

        // The holder makes the whole document replaceable like any member.
        JsonObject holder = new() { ["root"] = target.DeepClone() };
        foreach (JsonNode? operation in operations)
        {
            Apply(holder, operation as JsonObject ?? throw new PatchRefusedException("an operation of a JSON patch is an object", malformed: true));
        }

        return holder["root"]!.DeepClone();
    }

    private static void Apply(JsonObject holder, JsonObject operation)
    {
        string op = (string?)operation["op"] ?? "";
        string[] path = Pointer(operation, "path");
        switch (op)
        {
            case "add":
                Add(holder, path, Value(operation));
                break;
            case "remove":
                Remove(holder, path);
                break;
            case "replace":
                Replace(holder, path, Value(operation));
                break;
            case "move":
                string[] from = Pointer(operation, "from");
                if (path.Length > from.Length && path.AsSpan(0, from.Length).SequenceEqual(from))
                {
                    throw new PatchRefusedException($"move: {Show(from)} cannot be moved into itself");
                }

                JsonNode? moved = Get(holder, from)?.DeepClone();
                Remove(holder, from);
                Add(holder, path, moved);
                break;
            case "copy":
                Add(holder, path, Get(holder, Pointer(operation, "from"))?.DeepClone());
                break;
            case "test":
                if (!JsonNode.DeepEquals(Get(holder, path), operation["value"]))
                {
                    throw new PatchRefusedException($"testing path {Show(path)} value failed");
                }

                break;
            default:
                throw new PatchRefusedException($"\"{op}\" is not an operation of a JSON patch: use add, remove, replace, move, copy or test", malformed: true);
        }
    }

    private static JsonNode? Value(JsonObject operation) => operation.ContainsKey("value")
        ? operation["value"]?.DeepClone()
        : throw new PatchRefusedException("the operation has no value", malformed: true);

    private static string[] Pointer(JsonObject operation, string field)
    {
        string text = operation[field] is JsonValue v && v.TryGetValue(out string? pointer) ? pointer
            : throw new PatchRefusedException($"the operation has no {field}", malformed: true);
        return text.Length == 0 ? ["root"] : text[0] == '/'
            ? [.. text[1..].Split('/').Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).Prepend("root")]
            : throw new PatchRefusedException($"\"{text}\" is not a JSON pointer: it must begin with /", malformed: true);
    }

    private static JsonNode? Get(JsonObject holder, string[] path)
    {
        JsonNode parent = Parent(holder, path);
        string last = path[^1];
        return parent switch
        {
            JsonObject o when o.ContainsKey(last) => o[last],
            JsonArray a => a[Index(a, last, path, a.Count - 1)],
            _ => throw Missing(path),
        };
    }

    private static void Add(JsonObject holder, string[] path, JsonNode? value)
    {
        switch (Parent(holder, path))
        {
            case JsonObject o:
                o[path[^1]] = value;
                break;
            case JsonArray a:
                a.Insert(path[^1] == "-" ? a.Count : Index(a, path[^1], path, a.Count), value);
                break;
        }
    }

    private static void Remove(JsonObject holder, string[] path)
    {
        switch (Parent(holder, path))
        {
            case JsonObject o when o.Remove(path[^1]):
                break;
            case JsonArray a:
                a.RemoveAt(Index(a, path[^1], path, a.Count - 1));
                break;
            default:
                throw Missing(path);
        }
    }

    private static void Replace(JsonObject holder, string[] path, JsonNode? value)
    {
        switch (Parent(holder, path))
        {
            case JsonObject o when o.ContainsKey(path[^1]):
                o[path[^1]] = value;
                break;
            case JsonArray a:
                a[Index(a, path[^1], path, a.Count - 1)] = value;
                break;
            default:
                throw Missing(path);
        }
    }

    private static JsonNode Parent(JsonObject holder, string[] path)
    {
        JsonNode? at = holder;
        foreach (string step in path.AsSpan(0, path.Length - 1))
        {
            at = at switch
            {
                JsonObject o => o[step],
                JsonArray a => a[Index(a, step, path, a.Count - 1)],
                _ => null,
            };
        }

        return at is JsonObject or JsonArray ? at : throw Missing(path);
    }

    /// <summary>RFC 6901 §4: digits only, no leading zero.</summary>
    private static int Index(JsonArray array, string text, string[] path, int max) =>
        (text == "0" || (text.Length > 0 && text[0] != '0' && text.All(char.IsAsciiDigit)))
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index <= max && index <= array.Count
            ? index : throw Missing(path);

    private static PatchRefusedException Missing(string[] path) => new($"the path {Show(path)} does not exist in the resource");

    private static string Show(string[] path) =>
        "/" + string.Join('/', path.Skip(1).Select(p => p.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)));
}
