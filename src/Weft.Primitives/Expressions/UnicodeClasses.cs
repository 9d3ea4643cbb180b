using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Weft.Primitives.Expressions;

/// <summary>General categories and scripts by the names that \p{…} uses: "L", "Lu", "Greek", "Any".</summary>
internal static class UnicodeClasses
{
    private static readonly string[] CategoryNames =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi",
        "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static readonly Lazy<RuneRange[][]> Categories = new(ScanCategories);
    private static readonly ConcurrentDictionary<string, RuneSet> Known = new() { ["Any"] = RuneSet.Any };

    public static bool TryGet(string name, [MaybeNullWhen(false)] out RuneSet set)
    {
        if (Known.TryGetValue(name, out set))
        {
            return true;
        }

        set = UnicodeScripts.Ranges.TryGetValue(name, out string? ranges) ? Parse(ranges) : Category(name);
        if (set is null)
        {
            return false;
        }

        Known[name] = set;
        return true;
    }

    /// <summary>"Lu" is one category, "L" all that begin with it. "Cn" (unassigned) is no class in RE2.</summary>
    private static RuneSet? Category(string name)
    {
        var ranges = new List<RuneRange>();
        for (int i = 0; i < CategoryNames.Length - 1; i++)
        {
            if (CategoryNames[i] == name || (name.Length == 1 && CategoryNames[i][0] == name[0]))
            {
                ranges.AddRange(Categories.Value[i]);
            }
        }

        return ranges.Count == 0 ? null : RuneSet.Of(ranges);
    }

    private static RuneRange[][] ScanCategories()
    {
        var found = CategoryNames.Select(_ => new List<RuneRange>()).ToArray();
        int start = 0;
        for (int rune = 1; rune <= RuneSet.RuneMax + 1; rune++)
        {
            var category = CharUnicodeInfo.GetUnicodeCategory(start);
            if (rune > RuneSet.RuneMax || CharUnicodeInfo.GetUnicodeCategory(rune) != category)
            {
                found[(int)category].Add(new RuneRange(start, rune - 1));
                start = rune;
            }
        }

        return [.. found.Select(f => f.ToArray())];
    }

    private static RuneSet Parse(string ranges) => RuneSet.Of(ranges.Split(' ').Select(text =>
    {
        string[] ends = text.Split('-');
        return new RuneRange(int.Parse(ends[0], NumberStyles.HexNumber), int.Parse(ends[^1], NumberStyles.HexNumber));
    }));
}
