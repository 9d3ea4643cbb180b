using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Weft.Resources.Schemas;

public enum SchemaType
{
    /// <summary>Named fields and no others.</summary>
    Object,
    Array,

    /// <summary>Any names, values of one shape.</summary>
    Map,
    String,
    Integer,
    Number,
    Boolean,
    IntOrString,

    /// <summary>A Kubernetes quantity: a number or text such as 500m.</summary>
    Quantity,

    /// <summary>Base64 text.</summary>
    Bytes,
    Time,

    /// <summary>Anything; unknown fields are kept.</summary>
    Any,
}

/// <summary>How patches and server-side apply treat a list.</summary>
public enum ListKind
{
    Atomic,
    Set,

    /// <summary>Elements are known by the values of <see cref="SchemaNode.Keys"/>.</summary>
    Map,
}

public sealed record SchemaField(string Name, SchemaNode Node, bool Required);

/// <summary>One place in the shape of a resource. Immutable; shared by every kind that refers to the same definition.</summary>
public sealed record SchemaNode(SchemaType Type)
{
    private readonly Dictionary<string, SchemaField> _byName = new(StringComparer.Ordinal);
    private Regex? _pattern;

    public static readonly SchemaNode Anything = new(SchemaType.Any);

    /// <summary>The shared definition it came from, or empty.</summary>
    public string Definition { get; init; } = "";

    public IReadOnlyList<SchemaField> Fields
    {
        get;
        init
        {
            field = value;
            _byName = value.ToDictionary(f => f.Name, StringComparer.Ordinal);
        }
    } = [];

    /// <summary>Of an array or map.</summary>
    public SchemaNode? Element { get; init; }

    public IReadOnlyList<string> Enum { get; init; } = [];

    public JsonNode? Default { get; init; }

    public double? Min { get; init; }

    public double? Max { get; init; }

    public int? LengthMin { get; init; }

    public int? LengthMax { get; init; }

    public int? ItemsMin { get; init; }

    public int? ItemsMax { get; init; }

    public string Pattern { get; init; } = "";

    public ListKind ListKind { get; init; }

    /// <summary>The first one is the merge key of a strategic merge patch.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Of the fields of each group at most one may be set.</summary>
    public IReadOnlyList<IReadOnlyList<string>> OneOf { get; init; } = [];

    public SchemaNode? Child(string name) => _byName.GetValueOrDefault(name)?.Node;

    public bool MatchesPattern(string text) =>
        Pattern.Length == 0
        || (_pattern ??= new Regex(Pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)).IsMatch(text);
}
