using Weft.Dialects.Fields;
using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Rules of a VirtualService that no request can reach, because one before them takes everything they would.</summary>
internal static class ReachabilityChecks
{
    public static void Run(AnalysisContext context, Resource resource)
    {
        Field spec = new(resource.Spec, FieldPath.Root.Child("spec"));
        foreach (string list in new[] { "http", "tls", "tcp" })
        {
            Check(context, resource, spec[list]);
        }
    }

    private static void Check(AnalysisContext context, Resource resource, Field rules)
    {
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        List<(Field Match, int Rule)> earlier = [];
        int catchAll = -1;
        int index = 0;
        foreach (Field rule in rules.Items)
        {
            string name = rule["name"].Text is { Length: > 0 } own ? own : $"#{index}";
            if (catchAll >= 0)
            {
                context.Report.Add(resource, "IST0130", rule, $"VirtualService rule {name} not used (only the last rule can have no matches).", cure: $"Rule #{catchAll} matches every request: move it to the end.");
            }
            else if (rule["match"].Count > 0)
            {
                Matches(context, resource, rule, (name, index), seen);
                Shadowed(context, resource, rule, index, earlier);
                earlier.AddRange(rule["match"].Items.Select(m => (m, index)));
            }
            if (catchAll < 0 && (rule["match"].Count == 0 || rule["match"].Items.Any(IsCatchAll)))
            {
                catchAll = index;
            }
            index++;
        }
    }

    private static void Matches(AnalysisContext context, Resource resource, Field rule, (string Name, int Index) at, Dictionary<string, int> seen)
    {
        List<(Field Match, int Number, int Before)> repeated = [];
        int number = 0;
        foreach (Field match in rule["match"].Items)
        {
            string text = Canonical(match);
            if (seen.TryGetValue(text, out int before))
            {
                repeated.Add((match, number, before));
            }
            else
            {
                seen[text] = at.Index;
            }
            number++;
        }
        if (repeated.Count == rule["match"].Count)
        {
            context.Report.Add(resource, "IST0130", rule, $"VirtualService rule {at.Name} not used (all matches used by prior rules).");
            return;
        }
        foreach ((Field match, int which, int before) in repeated)
        {
            context.Report.Add(resource, "IST0131", match, $"VirtualService rule {at.Name} match #{which} is not used (duplicate/overlapping match in rule #{before}).");
        }
    }

    /// <summary>An earlier match that takes every request of this one, in other words than its own: only what surely holds is said.</summary>
    private static void Shadowed(AnalysisContext context, Resource resource, Field rule, int index, List<(Field Match, int Rule)> earlier)
    {
        foreach (Field match in rule["match"].Items)
        {
            (Field Match, int Rule) by = earlier.Find(e => e.Rule < index && Canonical(e.Match) != Canonical(match) && MatchCover.Covers(e.Match, match));
            if (by.Match.Exists)
            {
                context.Report.Add(resource, ProblemCodes.RuleShadowed, match, $"Every request of this match is taken by rule #{by.Rule} before it ({by.Match.Path}).", cure: "Move it before that rule, or narrow the other.");
            }
        }
    }

    private static bool IsCatchAll(Field match) =>
        match.Entries.All(e => e.Key is "name" or "ignoreUriCase" or "statPrefix" || (e.Key == "uri" && e.Value["prefix"].Text == "/"));

    /// <summary>The same conditions in the same words, whatever their order.</summary>
    private static string Canonical(Field match) => string.Join(';', match.Entries.Where(e => e.Key is not ("name" or "statPrefix"))
        .OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Key + "=" + (e.Value.IsMap
            ? string.Join(',', e.Value.Entries.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => v.Key + ":" + v.Value.Node?.ToJsonString()))
            : e.Value.Node?.ToJsonString())));
}
