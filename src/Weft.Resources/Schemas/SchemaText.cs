using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Weft.Resources.Schemas;

/// <summary>
/// Reads the compact notation of the *.schema files. Two spaces of indentation are one level.
/// <code>
/// type NAME [oneof=a,b]                                     a shape that others name as @NAME
/// kind KIND group/version[,older] plural namespaced|cluster [short=x,y] [category=x] [singular=x] [status] [oneof=a,b]
///   | COLUMN json.path type [priority]                      one column of the table that `kubectl get` prints
///   field[!] TYPE [enum=a|b] [default=JSON] [min= max= minLength= maxLength= minItems= maxItems=] [pattern=JSON] [key=a,b|set|atomic] [oneof=a,b]
/// </code>
/// TYPE: string int number bool intorstring quantity bytes time any object @NAME, with []X a list and {}X a map; left out
/// it is an object and the deeper lines are its fields. "!" marks a required field, "item." a rule for the elements of a list or map.
/// </summary>
internal sealed class SchemaText
{
    private readonly Dictionary<string, Line> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SchemaNode> _built = new(StringComparer.Ordinal);
    private readonly List<Line> _kinds = [];
    private readonly string _file;

    private SchemaText(string file, TextReader reader)
    {
        _file = file;
        List<Line> open = [];
        for (int number = 1; reader.ReadLine() is { } text; number++)
        {
            if (text.Length == 0 || text[0] == '#')
            {
                continue;
            }

            int depth = (text.Length - text.TrimStart(' ').Length) / 2;
            Line line = new(number, text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            if (depth == 0)
            {
                Declare(line);
            }
            else
            {
                open[depth - 1].Children.Add(line);
            }

            open.RemoveRange(depth, open.Count - depth);
            open.Add(line);
        }
    }

    /// <summary>Each kind with its shape. <paramref name="prefix"/> sets the file's definitions apart from those of others.</summary>
    public static IEnumerable<(ResourceType Type, SchemaNode Schema)> Read(string prefix, TextReader reader)
    {
        SchemaText text = new(prefix, reader);
        return text._kinds.Select(text.Kind);
    }

    private void Declare(Line line)
    {
        if (line.Words[0] == "type")
        {
            _types.Add(line.Words[1], line);
        }
        else
        {
            _kinds.Add(line.Words[0] == "kind" ? line : throw Bad(line, "neither a type nor a kind"));
        }
    }

    private (ResourceType, SchemaNode) Kind(Line line)
    {
        string[] words = line.Words;
        int slash = words[2].IndexOf('/');
        string[] versions = words[2][(slash + 1)..].Split(',');
        Attributes attributes = new(words.AsSpan(5));
        ResourceType type = new(slash < 0 ? "" : words[2][..slash], versions[0], words[1], words[3], words[4] == "namespaced")
        {
            OtherVersions = versions[1..],
            ShortNames = attributes.List("short"),
            Categories = attributes.List("category"),
            HasStatus = attributes.Has("status"),
            Columns = [.. line.Children.Where(c => c.Words[0] == "|").Select(Column)],
        };
        if (attributes.Text("singular") is { Length: > 0 } singular)
        {
            type = type with { Singular = singular };
        }

        SchemaNode node = new(SchemaType.Object)
        {
            Fields = [.. line.Children.Where(c => c.Words[0] != "|").Select(Field)],
            OneOf = attributes.Groups("oneof"),
        };
        return (type, node);
    }

    private static ResourceColumn Column(Line line) =>
        new(line.Words[1].Replace('_', ' '), line.Words[2], line.Words[3], line.Words.Length > 4 ? int.Parse(line.Words[4]) : 0);

    private SchemaField Field(Line line)
    {
        bool required = line.Words[0].EndsWith('!');
        bool typed = line.Words.Length > 1 && !line.Words[1].Contains('=') && line.Words[1] is not ("atomic" or "set");
        string type = typed ? line.Words[1] : "object";
        Attributes attributes = new(line.Words.AsSpan(typed ? 2 : 1));
        return new SchemaField(line.Words[0].TrimEnd('!'), Node(line, type, attributes, ""), required);
    }

    private SchemaNode Node(Line line, string type, Attributes attributes, string prefix)
    {
        if (type.StartsWith("[]", StringComparison.Ordinal) || type.StartsWith("{}", StringComparison.Ordinal))
        {
            SchemaNode element = Node(line, type[2..], attributes, prefix + "item.");
            return Rules(new SchemaNode(type[0] == '[' ? SchemaType.Array : SchemaType.Map) { Element = element }, attributes, prefix);
        }

        SchemaNode node = type switch
        {
            "object" => new SchemaNode(SchemaType.Object) { Fields = [.. line.Children.Select(Field)] },
            "string" => new SchemaNode(SchemaType.String),
            "int" => new SchemaNode(SchemaType.Integer),
            "number" => new SchemaNode(SchemaType.Number),
            "bool" => new SchemaNode(SchemaType.Boolean),
            "intorstring" => new SchemaNode(SchemaType.IntOrString),
            "quantity" => new SchemaNode(SchemaType.Quantity),
            "bytes" => new SchemaNode(SchemaType.Bytes),
            "time" => new SchemaNode(SchemaType.Time),
            "any" => SchemaNode.Anything,
            ['@', .. string name] => Shared(line, name),
            _ => throw Bad(line, $"unknown type '{type}'"),
        };
        return Rules(node, attributes, prefix);
    }

    private SchemaNode Shared(Line line, string name)
    {
        if (_built.TryGetValue(name, out SchemaNode? built))
        {
            return built;
        }

        Line type = _types.GetValueOrDefault(name) ?? throw Bad(line, $"no type '{name}'");
        built = new SchemaNode(SchemaType.Object)
        {
            Definition = $"{_file}.{name}",
            Fields = [.. type.Children.Select(Field)],
            OneOf = new Attributes(type.Words.AsSpan(2)).Groups("oneof"),
        };
        _built.Add(name, built);
        return built;
    }

    private static SchemaNode Rules(SchemaNode node, Attributes attributes, string prefix)
    {
        if (!attributes.Any(prefix))
        {
            return node;
        }

        string[] keys = attributes.List(prefix + "key");
        return node with
        {
            Enum = attributes.Text(prefix + "enum") is { Length: > 0 } names ? names.Split('|') : node.Enum,
            Default = attributes.Json(prefix + "default") ?? node.Default,
            Min = attributes.Number(prefix + "min") ?? node.Min,
            Max = attributes.Number(prefix + "max") ?? node.Max,
            LengthMin = (int?)attributes.Number(prefix + "minLength") ?? node.LengthMin,
            LengthMax = (int?)attributes.Number(prefix + "maxLength") ?? node.LengthMax,
            ItemsMin = (int?)attributes.Number(prefix + "minItems") ?? node.ItemsMin,
            ItemsMax = (int?)attributes.Number(prefix + "maxItems") ?? node.ItemsMax,
            Pattern = attributes.Json(prefix + "pattern")?.GetValue<string>() ?? node.Pattern,
            Keys = keys,
            ListKind = keys.Length > 0 ? ListKind.Map : attributes.Has(prefix + "set") ? ListKind.Set : ListKind.Atomic,
            OneOf = attributes.Groups(prefix + "oneof") is { Count: > 0 } groups ? groups : node.OneOf,
        };
    }

    private InvalidDataException Bad(Line line, string what) => new($"{_file}.schema line {line.Number}: {what}");

    private sealed record Line(int Number, string[] Words)
    {
        public List<Line> Children { get; } = [];
    }

    /// <summary>The words after a field's type: name=value, or a bare name.</summary>
    private readonly struct Attributes
    {
        private readonly FrozenDictionary<string, string[]> _values;

        public Attributes(ReadOnlySpan<string> words)
        {
            Dictionary<string, string[]> values = new(StringComparer.Ordinal);
            foreach (string word in words)
            {
                int equals = word.IndexOf('=');
                string name = equals < 0 ? word : word[..equals];
                string value = equals < 0 ? "" : word[(equals + 1)..];
                values[name] = values.TryGetValue(name, out string[]? before) ? [.. before, value] : [value];
            }

            _values = values.ToFrozenDictionary(StringComparer.Ordinal);
        }

        public bool Has(string name) => _values.ContainsKey(name);

        public bool Any(string prefix) => _values.Count > 0 && _values.Keys.Any(k => k.StartsWith(prefix, StringComparison.Ordinal));

        public string Text(string name) => _values.TryGetValue(name, out string[]? found) ? found[0] : "";

        public string[] List(string name) => Text(name) is { Length: > 0 } text ? text.Split(',') : [];

        public double? Number(string name) =>
            Text(name) is { Length: > 0 } text ? double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) : null;

        public JsonNode? Json(string name) => Text(name) is { Length: > 0 } text ? JsonNode.Parse(text) : null;

        public IReadOnlyList<IReadOnlyList<string>> Groups(string name) =>
            _values.TryGetValue(name, out string[]? found) ? [.. found.Select(g => (IReadOnlyList<string>)g.Split(','))] : [];
    }
}
