using System.Text.Json.Nodes;
using Weft.Dialects.Fields;
using Weft.Resources;

namespace Weft.Dialects.Istio;

/// <summary>One http rule after delegation. <paramref name="Owner"/> is the resource that the action is written in.</summary>
internal readonly record struct HttpRule(Field Rule, Resource Owner, int Index, string Name);

/// <summary>
/// A root rule that delegates becomes the rules of the delegate, each narrowed by the root's match. A delegate's fields
/// win, the root fills gaps; where the two matches cannot both hold the pair is dropped, as Istio does.
/// </summary>
internal static class Delegation
{
    private static readonly string[] Inherited =
        ["rewrite", "timeout", "retries", "fault", "mirror", "mirrorPercentage", "mirrorPercent", "mirrors", "corsPolicy", "headers", "directResponse"];

    /// <param name="find">A VirtualService by "namespace/name", or null.</param>
    public static IEnumerable<HttpRule> Rules(VirtualServiceConfig service, Func<string, VirtualServiceConfig?> find)
    {
        int index = 0;
        foreach (Field rule in service.Spec["http"].Items)
        {
            Field target = rule["delegate"];
            if (!target.Exists)
            {
                yield return new HttpRule(rule, service.Resource, index, rule["name"].Text);
            }
            else
            {
                string ns = target["namespace"].Text is { Length: > 0 } other ? other : service.Resource.Namespace;
                foreach (HttpRule merged in Delegated(rule, service, find($"{ns}/{target["name"].Text}")))
                {
                    yield return merged;
                }
            }
            index++;
        }
    }

    private static IEnumerable<HttpRule> Delegated(Field root, VirtualServiceConfig service, VirtualServiceConfig? target)
    {
        if (target is null || target.Hosts.Count > 0 || !target.Visibility.Includes(service.Resource.Namespace))
        {
            yield break;
        }
        int index = 0;
        foreach (Field rule in target.Spec["http"].Items)
        {
            if (!rule["delegate"].Exists && Merge(root, rule) is { } merged)
            {
                yield return new HttpRule(new Field(merged), target.Resource, index, new Field(merged)["name"].Text);
            }
            index++;
        }
    }

    private static JsonObject? Merge(Field root, Field leaf)
    {
        if (leaf.Node?.DeepClone() is not JsonObject merged)
        {
            return null;
        }
        if (root["match"].Count > 0 && leaf["match"].Count > 0)
        {
            JsonArray matches = [.. root["match"].Items.SelectMany(r => leaf["match"].Items.Where(l => !DelegateMatch.Conflicts(r, l)).Select(l => (JsonNode)DelegateMatch.Merge(r, l)))];
            if (matches.Count == 0)
            {
                return null;
            }
            merged["match"] = matches;
        }
        else if (root["match"].Count > 0)
        {
            merged["match"] = root["match"].Node?.DeepClone();
        }
        string name = string.Join('-', new[] { root["name"].Text, leaf["name"].Text }.Where(n => n.Length > 0));
        if (name.Length > 0)
        {
            merged["name"] = name;
        }
        foreach (string field in Inherited)
        {
            if (merged[field] is null && root[field].Node is { } inherited)
            {
                merged[field] = inherited.DeepClone();
            }
        }
        return merged;
    }
}
