namespace Weft.Dialects.Reading;

/// <summary>Where each value of one document stands: a tree beside the JSON tree, of the same shape.</summary>
public sealed class SourceNode(int line, int column)
{
    private Dictionary<string, SourceNode>? _fields;
    private List<SourceNode>? _items;

    public int Line => line;

    public int Column => column;

    internal void Add(string name, SourceNode node) => (_fields ??= new Dictionary<string, SourceNode>(StringComparer.Ordinal))[name] = node;

    /// <summary>The same content, said to stand elsewhere.</summary>
    internal SourceNode At(int newLine, int newColumn) => new(newLine, newColumn) { _fields = _fields, _items = _items };

    internal void Add(SourceNode node) => (_items ??= []).Add(node);

    public SourceNode? Field(string name) => _fields?.GetValueOrDefault(name);

    public SourceNode? Item(int index) => _items is not null && index < _items.Count ? _items[index] : null;

    /// <summary>The node of a path such as "spec.http[0].match"; where the path leaves the document, the deepest one on the way.</summary>
    public SourceNode Nearest(string path)
    {
        SourceNode node = this;
        ReadOnlySpan<char> rest = path;
        while (TryStep(ref rest, out string? name, out int index))
        {
            SourceNode? next = name is not null ? node.Field(name) : node.Item(index);
            if (next is null)
            {
                return node;
            }
            node = next;
        }
        return node;
    }

    /// <summary>Reads one step: name, [0] or ["a name with dots"].</summary>
    private static bool TryStep(ref ReadOnlySpan<char> rest, out string? name, out int index)
    {
        name = null;
        index = 0;
        rest = rest.TrimStart('.');
        if (rest.IsEmpty)
        {
            return false;
        }
        if (rest[0] != '[')
        {
            int end = rest.IndexOfAny('.', '[');
            end = end < 0 ? rest.Length : end;
            name = rest[..end].ToString();
            rest = rest[end..];
            return true;
        }
        bool quoted = rest.StartsWith("[\"");
        int close = quoted ? rest.IndexOf("\"]") + 1 : rest.IndexOf(']');
        if (close <= 0 || !TryBracket(rest[1..close], quoted, out name, out index))
        {
            rest = default;
            return false;
        }
        rest = rest[(close + 1)..];
        return true;
    }

    private static bool TryBracket(ReadOnlySpan<char> inside, bool quoted, out string? name, out int index)
    {
        // Some write a name with dots in brackets without quotes.
        bool number = int.TryParse(inside, out index) && !quoted;
        name = number ? null : quoted ? inside[1..^1].ToString() : inside.ToString();
        return true;
    }
}
