using System.Text.Json.Nodes;
using Weft.Dialects.Problems;
using Weft.Policy.Expressions;
using Weft.Resources;

namespace Weft.Cli.Analyze;

/// <summary>Tries every regular expression of a resource in the engine that the proxies run.</summary>
internal static class RegexChecks
{
    private const string Code = "IST0122";

    public static IEnumerable<Problem> Run(Resource resource)
    {
        bool istio = resource.Group == "networking.istio.io";
        if (!istio && resource.Group != "gateway.networking.k8s.io")
        {
            return [];
        }
        return Expressions(resource.Spec, "spec", istio).SelectMany(e => Try(resource, e.Path, e.Text));
    }

    private static IEnumerable<Problem> Try(Resource resource, string path, string text)
    {
        // A lone star is Istio's word for presence.
        if (text != "*" && !Re2.TryParse(text, out _, out string? error))
        {
            yield return new Problem(Code, ProblemCatalogue.Find(Code).Level, resource.Key, path, $"Field \"{path}\" regular expression invalid: \"{text}\" ({error})", ProblemCatalogue.Find(Code).Cure) { Source = resource.Source };
        }
    }

    private static IEnumerable<(string Path, string Text)> Expressions(JsonNode? node, string path, bool istio)
    {
        switch (node)
        {
            case JsonObject map:
                bool typed = !istio && Text(map["type"]) == "RegularExpression";
                foreach ((string name, JsonNode? value) in map)
                {
                    string at = name.Contains('.') ? $"{path}[\"{name}\"]" : $"{path}.{name}";
                    bool expression = istio ? name == "regex" || (name == "match" && path.EndsWith("uriRegexRewrite", StringComparison.Ordinal)) : typed && name is "value" or "method" or "service" && typed;
                    foreach ((string Path, string Text) found in expression && Text(value) is { } text ? [(at, text)] : Expressions(value, at, istio))
                    {
                        yield return found;
                    }
                }
                break;
            case JsonArray list:
                for (int i = 0; i < list.Count; i++)
                {
                    foreach ((string Path, string Text) found in Expressions(list[i], $"{path}[{i}]", istio))
                    {
                        yield return found;
                    }
                }
                break;
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
