using System.Text.Json.Nodes;
using Weft.Policy.Routing;

namespace Weft.Cli.Explain;

internal static class ExplainHeaders
{
    /// <summary>Both levels in the order they are applied: the destination's, then the route's, which wins.</summary>
    public static JsonObject? Write(HeaderEditsModel? destination, HeaderEditsModel? route)
    {
        JsonObject set = [];
        JsonObject add = [];
        List<string> remove = [];
        foreach (HeaderEditsModel edits in new[] { destination, route }.OfType<HeaderEditsModel>())
        {
            foreach (FieldModel field in edits.Set)
            {
                set[field.Name.Text] = field.Value.Text;
            }
            foreach (FieldModel field in edits.Add)
            {
                add[field.Name.Text] = add[field.Name.Text] is { } before ? $"{before},{field.Value.Text}" : field.Value.Text;
            }
            remove.AddRange(edits.Remove.Select(r => r.Text).Where(r => !remove.Contains(r)));
        }
        return set.Count + add.Count + remove.Count == 0 ? null
            : new JsonObject { ["set"] = set, ["add"] = add, ["remove"] = new JsonArray([.. remove.Select(r => (JsonNode)r)]) };
    }
}
