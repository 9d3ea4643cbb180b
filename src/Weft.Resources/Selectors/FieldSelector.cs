using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Weft.Resources.Selectors;

/// <summary>A field selector: metadata.name=x,status.phase!=Running. Any scalar field of a resource can be asked for. Immutable.</summary>
public sealed class FieldSelector
{
    public static readonly FieldSelector Everything = new([]);

    private readonly IReadOnlyList<(string Path, string Value, bool Equal)> _terms;

    private FieldSelector(IReadOnlyList<(string, string, bool)> terms) => _terms = terms;

    public static bool TryParse(string? text, [NotNullWhen(true)] out FieldSelector? selector, out string problem)
    {
        List<(string, string, bool)> terms = [];
        selector = null;
        problem = "";
        foreach (string part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int at = part.IndexOf('=');
            if (at < 1)
            {
                problem = $"invalid field selector '{part}': write field=value or field!=value";
                return false;
            }

            bool equal = part[at - 1] != '!';
            string path = part[..(equal ? at : at - 1)].Trim();
            terms.Add((path, part[at..].TrimStart('=').Trim(), equal));
        }

        selector = new FieldSelector(terms);
        return true;
    }

    public bool Matches(Resource resource) => _terms.All(t => (Value(resource, t.Path) == t.Value) == t.Equal);

    private static string Value(Resource resource, string path)
    {
        JsonNode? at = resource.Json;
        foreach (string name in path.Split('.'))
        {
            at = (at as JsonObject)?[name];
        }

        return at is JsonValue ? at.ToString() : "";
    }
}
