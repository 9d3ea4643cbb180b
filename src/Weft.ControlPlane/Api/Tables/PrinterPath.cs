using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Weft.ControlPlane.Api.Tables;

/// <summary>The part of JSONPath that printer columns use: .a.b, .a[0], .a[*].b, .a[?(@.type=="Ready")].status.</summary>
internal static partial class PrinterPath
{
    public static JsonNode? Read(JsonNode root, string path)
    {
        List<JsonNode?> at = [root];
        bool many = false;
        foreach (Match step in Steps().Matches(path))
        {
            if (step.Groups["name"].Success)
            {
                at = [.. at.Select(n => (n as JsonObject)?[step.Groups["name"].Value])];
            }
            else if (step.Groups["index"].Success)
            {
                int index = int.Parse(step.Groups["index"].Value);
                at = [.. at.Select(n => n is JsonArray a && index < a.Count ? a[index] : null)];
            }
            else if (step.Groups["field"].Success)
            {
                at = [.. at.SelectMany(n => n as JsonArray ?? []).Where(n => (n as JsonObject)?[step.Groups["field"].Value]?.ToString() == step.Groups["value"].Value)];
            }
            else
            {
                many = true;
                at = [.. at.SelectMany(n => n as JsonArray ?? [])];
            }
        }

        at.RemoveAll(n => n is null);
        return many && at.Count > 1 ? new JsonArray([.. at.Select(n => n!.DeepClone())]) : at.Count > 0 ? at[0] : null;
    }

    [GeneratedRegex("""\.(?<name>[A-Za-z0-9_\-]+)|\[(?<index>\d+)\]|\[\*\]|\[\?\(@\.(?<field>\w+)\s*==\s*["'](?<value>[^"']*)["']\)\]""")]
    private static partial Regex Steps();
}
