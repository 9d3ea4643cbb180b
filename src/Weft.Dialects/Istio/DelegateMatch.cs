using System.Text.Json.Nodes;
using Weft.Dialects.Fields;

namespace Weft.Dialects.Istio;

/// <summary>The delegate's match must lie within the root's: where both name a property, the delegate's must imply the root's.</summary>
internal static class DelegateMatch
{
    private static readonly string[] Texts = ["uri", "scheme", "method", "authority"];
    private static readonly string[] Maps = ["headers", "withoutHeaders", "queryParams"];

    public static bool Conflicts(Field root, Field leaf)
    {
        if (Texts.Any(t => TextConflicts(root[t], leaf[t])) || Maps.Any(m => MapConflicts(root[m], leaf[m])))
        {
            return true;
        }
        if (root["ignoreUriCase"].IsTrue != leaf["ignoreUriCase"].IsTrue
            || Differ(root["port"], leaf["port"]) || Differ(root["sourceNamespace"], leaf["sourceNamespace"])
            || root["sourceLabels"].Entries.Any(l => Differ(l.Value, leaf["sourceLabels"][l.Key])))
        {
            return true;
        }
        return root["gateways"].Count > 0 && leaf["gateways"].Texts.Any(g => !root["gateways"].Texts.Contains(g));
    }

    public static JsonObject Merge(Field root, Field leaf)
    {
        JsonObject merged = (JsonObject)(leaf.Node?.DeepClone() ?? new JsonObject());
        foreach ((string name, Field value) in root.Entries)
        {
            if (name == "name" && leaf["name"].Exists)
            {
                merged["name"] = $"{value.Text}-{leaf["name"].Text}";
            }
            else if (merged[name] is JsonObject own && value.Node is JsonObject && (Maps.Contains(name) || name == "sourceLabels"))
            {
                foreach ((string key, Field item) in value.Entries)
                {
                    own.TryAdd(key, item.Node?.DeepClone());
                }
            }
            else
            {
                merged.TryAdd(name, value.Node?.DeepClone());
            }
        }
        return merged;
    }

    private static bool Differ(Field a, Field b) => a.Exists && b.Exists && a.Text != b.Text;

    private static bool MapConflicts(Field root, Field leaf) => root.Entries.Any(e => TextConflicts(e.Value, leaf[e.Key]));

    private static bool TextConflicts(Field root, Field leaf)
    {
        if (!root.Exists || !leaf.Exists)
        {
            return false;
        }
        string exact = leaf["exact"].Text;
        string prefix = leaf["prefix"].Text;
        if (root["regex"].Exists || leaf["regex"].Exists)
        {
            // Whether one expression lies within another cannot be decided here.
            return root["regex"].Exists ? leaf.Count > 0 : root.Count > 0;
        }
        if (root["exact"].Text is { Length: > 0 } only)
        {
            return prefix.Length > 0 || exact != only;
        }
        string wanted = root["prefix"].Text;
        return wanted.Length > 0 && !(exact.Length > 0 ? exact : prefix).StartsWith(wanted, StringComparison.Ordinal);
    }
}
