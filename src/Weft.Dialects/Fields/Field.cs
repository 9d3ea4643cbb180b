using System.Text.Json.Nodes;

namespace Weft.Dialects.Fields;

/// <summary>
/// A place in a resource that may or may not hold something. Reading a value of the wrong type gives the default: types
/// are reported once, by the check of the schema, not at every reader.
/// </summary>
internal readonly struct Field
{
    private readonly FieldPath? _path;

    public Field(JsonNode? node, FieldPath? path = null)
    {
        Node = node;
        _path = path;
    }

    public JsonNode? Node { get; }

    public bool Exists => Node is not null;

    public string Path => (_path ?? FieldPath.Root).ToString();

    public bool IsText => Node is JsonValue value && value.TryGetValue(out string? _);

    public bool IsList => Node is JsonArray;

    public bool IsMap => Node is JsonObject;

    public int Count => Node switch { JsonArray list => list.Count, JsonObject map => map.Count, _ => 0 };

    /// <summary>Empty when absent or not text.</summary>
    public string Text => Node is JsonValue value ? TextOf(value) : "";

    public bool IsTrue => Node is JsonValue value && value.TryGetValue(out bool b) && b;

    public bool? Bool => Node is JsonValue value && value.TryGetValue(out bool b) ? b : null;

    public uint? Number => Integer is >= 0 and <= uint.MaxValue ? (uint)Integer : null;

    /// <summary>Protobuf's JSON form writes 64-bit integers as text, so digits in quotes count as a number.</summary>
    public long? Integer => Node is JsonValue value
        ? value.TryGetValue(out long l) ? l : value.TryGetValue(out int i) ? i
            : value.TryGetValue(out double d) && d == Math.Floor(d) && Math.Abs(d) < 1L << 53 ? (long)d
            : value.TryGetValue(out string? s) && long.TryParse(s, out long parsed) ? parsed : null
        : null;

    public double? Real => Node is JsonValue value
        ? value.TryGetValue(out double d) ? d : value.TryGetValue(out long l) ? l : value.TryGetValue(out int i) ? i : null
        : null;

    public TimeSpan? Duration => Exists && GoDuration.TryParse(Text, out TimeSpan value) ? value : null;

    public Field this[string name] => new((Node as JsonObject)?[name], (_path ?? FieldPath.Root).Child(name));

    public IEnumerable<Field> Items
    {
        get
        {
            if (Node is not JsonArray list)
            {
                yield break;
            }
            FieldPath path = _path ?? FieldPath.Root;
            for (int i = 0; i < list.Count; i++)
            {
                yield return new Field(list[i], path.Item(i));
            }
        }
    }

    public IEnumerable<KeyValuePair<string, Field>> Entries
    {
        get
        {
            FieldPath path = _path ?? FieldPath.Root;
            return Node is JsonObject map ? map.Select(p => KeyValuePair.Create(p.Key, new Field(p.Value, path.Child(p.Key)))) : [];
        }
    }

    public IEnumerable<string> Texts => Items.Select(i => i.Text).Where(t => t.Length > 0);

    public Dictionary<string, string> Map => Entries.ToDictionary(e => e.Key, e => e.Value.Text, StringComparer.Ordinal);

    /// <summary>The first of two spellings that is there: deprecated names, snake case of protobuf's JSON form.</summary>
    public Field Or(string first, string second) => this[first].Exists ? this[first] : this[second];

    public override string ToString() => $"{Path}: {Node?.ToJsonString() ?? "absent"}";

    private static string TextOf(JsonValue value) =>
        value.TryGetValue(out string? text) ? text : value.TryGetValue(out long number) ? number.ToString() : "";
}
