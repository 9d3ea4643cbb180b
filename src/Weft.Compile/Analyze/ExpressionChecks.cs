using System.Text.Json.Nodes;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Primitives.Expressions;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Tries every regular expression of a route or a rate limit, and what it is replaced with, in the engine that the proxies run.</summary>
internal static class ExpressionChecks
{
    private const string Code = "IST0122";

    /// <summary>Characters of an expression that are repeated to its writer.</summary>
    private const int ShownCharsMax = 100;

    public static void Run(Resource resource, ProblemReport report)
    {
        switch (resource.Group, resource.Kind)
        {
            case (IstioKinds.Networking, "VirtualService") or (IstioKinds.Weft, "RateLimit"):
                Istio(resource, resource.Spec, "spec", report);
                break;
            case (GatewayKinds.Group, GatewayKinds.HttpRoute or GatewayKinds.GrpcRoute):
                Typed(resource, resource.Spec, "spec", report);
                break;
        }
    }

    /// <summary>Istio's word for it is "regex" wherever one may stand, and a rewrite's "match".</summary>
    private static void Istio(Resource resource, JsonNode? node, string path, ProblemReport report)
    {
        foreach ((string name, JsonNode? value, string at) in Children(node, path))
        {
            if (name == "uriRegexRewrite" && value is JsonObject rewrite)
            {
                Rewrite(resource, rewrite, at, report);
            }
            else if (name == "regex" && Text(value) is { } text)
            {
                if (text != "*") // a lone star is Istio's word for presence
                {
                    Try(resource, text, at, report);
                }
            }
            else
            {
                Istio(resource, value, at, report);
            }
        }
    }

    private static void Rewrite(Resource resource, JsonObject rewrite, string path, ProblemReport report)
    {
        if (Text(rewrite["match"]) is { } match && Try(resource, match, $"{path}.match", report) is { } regex
            && regex.CheckSubstitution(Text(rewrite["rewrite"]) ?? "") is { } wrong)
        {
            report.Add(resource, Code, $"{path}.rewrite", $"\"{Shown(Text(rewrite["rewrite"]) ?? "")}\" cannot replace \"{Shown(match)}\": {wrong}", cure: "Name only groups that the expression has.");
        }
    }

    /// <summary>Gateway API gives a value its meaning by the type beside it.</summary>
    private static void Typed(Resource resource, JsonNode? node, string path, ProblemReport report)
    {
        bool typed = node is JsonObject match && Text(match["type"]) == "RegularExpression";
        foreach ((string name, JsonNode? value, string at) in Children(node, path))
        {
            if (typed && name is ("value" or "service" or "method") && Text(value) is { } text)
            {
                Try(resource, text, at, report);
            }
            else
            {
                Typed(resource, value, at, report);
            }
        }
    }

    private static Re2? Try(Resource resource, string text, string path, ProblemReport report)
    {
        if (Re2.TryParse(text, out Re2? regex, out string? error))
        {
            return regex;
        }

        report.Add(resource, Code, path, $"Field \"{path}\" regular expression invalid: \"{Shown(text)}\" ({error.TrimEnd('.')}).");
        return null;
    }

    private static IEnumerable<(string Name, JsonNode? Value, string Path)> Children(JsonNode? node, string path) => node switch
    {
        JsonObject map => map.Select(p => (p.Key, p.Value, p.Key.Contains('.', StringComparison.Ordinal) ? $"{path}[\"{p.Key}\"]" : $"{path}.{p.Key}")),
        JsonArray list => list.Select((value, i) => ("", value, $"{path}[{i}]")),
        _ => [],
    };

    private static string Shown(string text) => text.Length <= ShownCharsMax ? text : string.Concat(text.AsSpan(0, ShownCharsMax), "…");

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
