using System.Text.Json.Nodes;
using Weft.Dialects.Problems;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Weft.Dialects.Reading;

/// <summary>The text breaks a rule of ours; caught where the document is read and turned into a problem.</summary>
internal sealed class DocumentException(int line, int column, string message, string cure, string code = ProblemCodes.Syntax) : Exception(message)
{
    /// <summary>The problem it becomes.</summary>
    public string Code => code;

    public int Line => line;

    public int Column => column;

    public string Cure => cure;
}

/// <summary>
/// Builds the JSON tree and the position tree of one YAML document from the parser's events. One per file: the budget of
/// values spans its documents.
/// </summary>
internal sealed class YamlTree(IParser parser, ReadLimits limits)
{
    private readonly Dictionary<string, (JsonNode? Value, SourceNode Source, int Values)> _anchors = new(StringComparer.Ordinal);
    private int _values;

    public (JsonNode? Value, SourceNode Source) ReadDocument()
    {
        _anchors.Clear();
        try
        {
            parser.Consume<DocumentStart>();
            (JsonNode? value, SourceNode source) = Value(0);
            parser.Consume<DocumentEnd>();
            return (value, source);
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet's scanner gives up so on a flow list that is never closed.
            throw Refuse(parser.Current, "the text is not YAML from here on", "Check brackets, quotes and indentation on this line and the one after.");
        }
    }

    private (JsonNode? Value, SourceNode Source) Value(int depth)
    {
        ParsingEvent at = parser.Current ?? throw new DocumentException(1, 1, "the document ends early", "");
        int before = _values;
        Spend(at, 1);
        if (depth > limits.DepthMax)
        {
            throw Refuse(at, $"maps and lists are nested more than {limits.DepthMax} deep", "Flatten the document.", ProblemCodes.Limit);
        }
        (JsonNode? Value, SourceNode Source) read = at switch
        {
            Scalar scalar => (Scalar(scalar), Here(scalar)),
            MappingStart start => Mapping(start, depth),
            SequenceStart start => Sequence(start, depth),
            AnchorAlias alias => Alias(alias),
            _ => throw Refuse(at, $"{at.GetType().Name} is not a value", "Check the indentation."),
        };
        if (at is NodeEvent { Anchor.IsEmpty: false } node)
        {
            _anchors[node.Anchor.Value] = (read.Value, read.Source, _values - before);
        }
        return read;
    }

    private JsonNode? Scalar(Scalar scalar)
    {
        parser.MoveNext();
        bool text = scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any) || scalar.Tag == "tag:yaml.org,2002:str" || scalar.Tag == "!";
        return text ? JsonValue.Create(scalar.Value) : YamlScalar.Resolve(scalar.Value);
    }

    private (JsonNode?, SourceNode) Mapping(MappingStart start, int depth)
    {
        parser.MoveNext();
        JsonObject map = [];
        SourceNode source = Here(start);
        List<(JsonObject, SourceNode)>? merges = null;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (parser.Current is not Scalar key)
            {
                throw Refuse(parser.Current, "a key must be plain text", "Quote the key, or check the indentation.");
            }
            parser.MoveNext();
            (JsonNode? value, SourceNode at) = Value(depth + 1);
            if (key is { Value: "<<", Style: ScalarStyle.Plain } && MergedMaps(value, at) is { } merged)
            {
                (merges ??= []).AddRange(merged);
                continue;
            }
            if (!map.TryAdd(key.Value, value))
            {
                throw Refuse(key, $"the key \"{Shown(key.Value)}\" stands twice in one map", "Remove one of them.");
            }
            // A problem with a field is shown where its key stands; a value that spans lines begins on the next one.
            source.Add(key.Value, Rebase(at, key));
        }
        Merge(map, source, merges);
        return (map, source);
    }

    /// <summary>One map, or a list of them of which the first that says something holds; null: the key is an ordinary one.</summary>
    private static List<(JsonObject, SourceNode)>? MergedMaps(JsonNode? value, SourceNode at)
    {
        if (value is JsonObject single)
        {
            return [(single, at)];
        }
        if (value is not JsonArray { Count: > 0 } list || !list.All(i => i is JsonObject))
        {
            return null;
        }
        return [.. list.Select((item, i) => ((JsonObject)item!, at.Item(i) ?? at))]; // all are maps
    }

    /// <summary>YAML 1.1 merge keys: what the map itself says stays.</summary>
    private static void Merge(JsonObject map, SourceNode source, List<(JsonObject Map, SourceNode Source)>? merges)
    {
        foreach ((JsonObject other, SourceNode at) in merges ?? [])
        {
            foreach ((string name, JsonNode? value) in other)
            {
                if (map.TryAdd(name, value?.DeepClone()) && at.Field(name) is { } position)
                {
                    source.Add(name, position);
                }
            }
        }
    }

    private (JsonNode?, SourceNode) Sequence(SequenceStart start, int depth)
    {
        parser.MoveNext();
        JsonArray list = [];
        SourceNode source = Here(start);
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            (JsonNode? value, SourceNode at) = Value(depth + 1);
            list.Add(value);
            source.Add(at);
        }
        return (list, source);
    }

    private (JsonNode?, SourceNode) Alias(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out (JsonNode? Value, SourceNode Source, int Values) anchor))
        {
            throw Refuse(alias, $"the alias *{Shown(alias.Value.Value)} has no anchor before it", "Define the anchor first, outside the value itself.");
        }
        // Spent before it is copied, so that nested aliases are refused and not expanded.
        Spend(alias, anchor.Values);
        parser.MoveNext();
        return (anchor.Value?.DeepClone(), anchor.Source);
    }

    private void Spend(ParsingEvent at, int values)
    {
        _values += values;
        if (_values > limits.ValuesMax)
        {
            throw Refuse(at, $"the file holds more than {limits.ValuesMax} values", "Split the file; look for aliases that multiply.", ProblemCodes.Limit);
        }
    }

    private static SourceNode Rebase(SourceNode value, Scalar key)
    {
        if (value.Line == (int)key.Start.Line)
        {
            return value;
        }
        return value.At((int)key.Start.Line, (int)key.Start.Column);
    }

    private static SourceNode Here(ParsingEvent at) => new((int)at.Start.Line, (int)at.Start.Column);

    private static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "…";

    private static DocumentException Refuse(ParsingEvent? at, string message, string cure, string code = ProblemCodes.Syntax) =>
        new((int)(at?.Start.Line ?? 1), (int)(at?.Start.Column ?? 1), message, cure, code);
}
