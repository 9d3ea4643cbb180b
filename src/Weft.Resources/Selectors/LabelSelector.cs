using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Weft.Resources.Selectors;

/// <summary>A label selector, from a query (app=x,tier in (a,b),!canary) or from a resource's matchLabels and matchExpressions. Immutable.</summary>
public sealed class LabelSelector
{
    public static readonly LabelSelector Everything = new([]);

    private readonly IReadOnlyList<Requirement> _requirements;

    private LabelSelector(IReadOnlyList<Requirement> requirements) => _requirements = requirements;

    private enum Operator
    {
        In,
        NotIn,
        Exists,
        Absent,
        GreaterThan,
        LessThan,
    }

    public bool Matches(IReadOnlyDictionary<string, string> labels) => _requirements.All(r => r.Matches(labels));

    public static bool TryParse(string? text, [NotNullWhen(true)] out LabelSelector? selector, out string problem)
    {
        List<Requirement> requirements = [];
        selector = null;
        problem = "";
        foreach (string part in Split(text ?? ""))
        {
            if (ParseOne(part) is not { } requirement)
            {
                problem = $"unable to parse requirement: '{part}' is not of the form key=value, key!=value, key in (a,b), key notin (a,b), key or !key";
                return false;
            }

            requirements.Add(requirement);
        }

        selector = new LabelSelector(requirements);
        return true;
    }

    /// <summary>A map of labels, as Service.spec.selector has it. An empty one matches everything: ask before calling whether that is meant.</summary>
    public static LabelSelector OfLabels(JsonObject? labels) =>
        new([.. (labels ?? []).Select(l => new Requirement(l.Key, Operator.In, [l.Value?.ToString() ?? ""]))]);

    /// <summary>The matchLabels/matchExpressions form.</summary>
    public static LabelSelector OfObject(JsonObject? selector)
    {
        List<Requirement> requirements = [.. OfLabels(selector?["matchLabels"] as JsonObject)._requirements];
        foreach (JsonObject expression in (selector?["matchExpressions"] as JsonArray ?? []).OfType<JsonObject>())
        {
            Operator @operator = (string?)expression["operator"] switch
            {
                "NotIn" => Operator.NotIn,
                "Exists" => Operator.Exists,
                "DoesNotExist" => Operator.Absent,
                _ => Operator.In,
            };
            string[] values = [.. (expression["values"] as JsonArray ?? []).Select(v => v?.ToString() ?? "")];
            requirements.Add(new Requirement((string?)expression["key"] ?? "", @operator, values));
        }

        return new LabelSelector(requirements);
    }

    /// <summary>At commas, but not at those between parentheses.</summary>
    private static IEnumerable<string> Split(string text)
    {
        int depth = 0;
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ',' && depth == 0))
            {
                if (text[start..i].Trim() is { Length: > 0 } part)
                {
                    yield return part;
                }

                start = i + 1;
            }
            else
            {
                depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            }
        }
    }

    private static Requirement? ParseOne(string part)
    {
        if (part.EndsWith(')') && part.IndexOf('(') is > 0 and var open)
        {
            string[] words = part[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] values = part[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries);
            return words is [var key, "in" or "notin"] ? new Requirement(key, words[1] == "in" ? Operator.In : Operator.NotIn, values) : null;
        }

        foreach ((string sign, Operator @operator) in Signs)
        {
            int at = part.IndexOf(sign, StringComparison.Ordinal);
            if (at > 0)
            {
                return Key(part[..at]) is { } key ? new Requirement(key, @operator, [part[(at + sign.Length)..].Trim()]) : null;
            }
        }

        return part.StartsWith('!')
            ? Key(part[1..]) is { } absent ? new Requirement(absent, Operator.Absent, []) : null
            : Key(part) is { } present ? new Requirement(present, Operator.Exists, []) : null;
    }

    private static readonly (string, Operator)[] Signs =
        [("!=", Operator.NotIn), ("==", Operator.In), ("=", Operator.In), (">", Operator.GreaterThan), ("<", Operator.LessThan)];

    private static string? Key(string text)
    {
        string key = text.Trim();
        return key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/') ? key : null;
    }

    private sealed record Requirement(string Key, Operator Operator, IReadOnlyList<string> Values)
    {
        public bool Matches(IReadOnlyDictionary<string, string> labels)
        {
            bool has = labels.TryGetValue(Key, out string? value);
            return Operator switch
            {
                Operator.In => has && Values.Contains(value!),
                Operator.NotIn => !has || !Values.Contains(value!),
                Operator.Exists => has,
                Operator.Absent => !has,
                Operator.GreaterThan => Both(value, out long a, out long b) && a > b,
                _ => Both(value, out long c, out long d) && c < d,
            };
        }

        private bool Both(string? value, out long label, out long wanted)
        {
            wanted = 0;
            return long.TryParse(value, out label) && long.TryParse(Values[0], out wanted);
        }
    }
}
