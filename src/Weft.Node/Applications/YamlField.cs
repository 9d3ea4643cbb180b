using YamlDotNet.RepresentationModel;

namespace Weft.Node.Applications;

/// <summary>A node of weft.yaml that knows its place and its name, so that every complaint can name both.</summary>
internal readonly struct YamlField(string file, string path, YamlNode? node)
{
    public string Path => path;

    public bool IsMissing => node is null || node is YamlScalarNode { Value: null or "" or "~" or "null", Style: YamlDotNet.Core.ScalarStyle.Plain or YamlDotNet.Core.ScalarStyle.Any };

    public int Line => node is null ? 0 : (int)node.Start.Line;

    public YamlField this[string name] => new(file, path.Length == 0 ? name : $"{path}.{name}", Child(name));

    public ApplicationFileException Wrong(string message, string cure) => new(file, Line, path, message, cure);

    /// <summary>Its keys in written order; a key that is not among <paramref name="known"/> is a mistake, and the likeliest word is named.</summary>
    public void AllowOnly(params ReadOnlySpan<string> known)
    {
        foreach (YamlField entry in Entries())
        {
            if (!known.Contains(entry.LastName))
            {
                throw entry.Wrong($"'{entry.LastName}' is not a field here", $"Use one of {string.Join(", ", known.ToArray())}.");
            }
        }
    }

    public string LastName => path[(path.LastIndexOf('.') + 1)..];

    public IEnumerable<YamlField> Entries()
    {
        if (IsMissing) { yield break; }
        if (node is not YamlMappingNode map) { throw Wrong("must be a map of names to values", "Write `name: value` lines, indented below it."); }
        foreach ((YamlNode key, YamlNode value) in map.Children)
        {
            string name = (key as YamlScalarNode)?.Value ?? "";

            // Names may hold dots (images do); LastName must stay whole.
            yield return new YamlField(file, path.Length == 0 ? name : $"{path}.{name.Replace('.', '\u2024')}", value);
        }
    }

    public IEnumerable<YamlField> Items()
    {
        if (IsMissing) { yield break; }
        if (node is not YamlSequenceNode list) { throw Wrong("must be a list", "Write its elements as `- value` lines below it."); }
        for (int i = 0; i < list.Children.Count; i++) { yield return new YamlField(file, $"{path}[{i}]", list.Children[i]); }
    }

    public bool IsMap => node is YamlMappingNode;

    public bool IsList => node is YamlSequenceNode;

    public string Text(string otherwise = "")
    {
        if (IsMissing) { return otherwise; }
        return node is YamlScalarNode { Value: { } text } ? text : throw Wrong("must be one value", "Write it on the same line.");
    }

    public int Number(int otherwise, int least, int most)
    {
        if (IsMissing) { return otherwise; }
        return int.TryParse(Text(), out int number) && number >= least && number <= most
            ? number
            : throw Wrong($"must be a number from {least} to {most}, is '{Text()}'", "Correct the number.");
    }

    public Dictionary<string, string> Map()
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (YamlField entry in Entries()) { map[entry.LastName.Replace('\u2024', '.')] = entry.Text(); }
        return map;
    }

    private YamlNode? Child(string name) =>
        node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? child) ? child : null;
}
