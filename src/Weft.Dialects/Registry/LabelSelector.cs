using Weft.Dialects.Fields;

namespace Weft.Dialects.Registry;

public static class LabelSelector
{
    /// <summary>Every pair of the selector must be there; an empty selector selects everything.</summary>
    public static bool Selects(this IReadOnlyDictionary<string, string> selector, IReadOnlyDictionary<string, string> labels) =>
        selector.All(pair => labels.TryGetValue(pair.Key, out string? value) && value == pair.Value);

    /// <summary>A Kubernetes LabelSelector: matchLabels and matchExpressions, all of them; absent selects nothing, empty everything.</summary>
    internal static bool SelectsByExpressions(Field selector, IReadOnlyDictionary<string, string> labels) =>
        selector.Exists && selector["matchLabels"].Map.Selects(labels) && selector["matchExpressions"].Items.All(e => Holds(e, labels));

    private static bool Holds(Field expression, IReadOnlyDictionary<string, string> labels)
    {
        bool has = labels.TryGetValue(expression["key"].Text, out string? value);
        return expression["operator"].Text switch
        {
            "In" => has && expression["values"].Texts.Contains(value),
            "NotIn" => !has || !expression["values"].Texts.Contains(value),
            "Exists" => has,
            "DoesNotExist" => !has,
            _ => false,
        };
    }
}
