using System.Text;

namespace Weft.Primitives.Expressions;

/// <summary>An inclusive range of code points.</summary>
internal readonly record struct RuneRange(int Low, int High);

/// <summary>A set of code points as sorted, disjoint ranges. Immutable.</summary>
internal sealed class RuneSet
{
    public const int RuneMax = 0x10FFFF;

    private readonly RuneRange[] _ranges;

    private RuneSet(RuneRange[] ranges) => _ranges = ranges;

    public static RuneSet Any { get; } = new([new RuneRange(0, RuneMax)]);

    public static RuneSet AnyButNewline { get; } = Of([new RuneRange('\n', '\n')]).Complement();

    public ReadOnlySpan<RuneRange> Ranges => _ranges;

    public bool IsEmpty => _ranges.Length == 0;

    public static RuneSet Of(IEnumerable<RuneRange> ranges)
    {
        var merged = new List<RuneRange>();
        foreach (var range in ranges.OrderBy(r => r.Low))
        {
            if (merged.Count > 0 && range.Low <= merged[^1].High + 1)
            {
                merged[^1] = new RuneRange(merged[^1].Low, Math.Max(merged[^1].High, range.High));
            }
            else
            {
                merged.Add(range);
            }
        }

        return new RuneSet([.. merged]);
    }

    public RuneSet Complement()
    {
        var gaps = new List<RuneRange>();
        int next = 0;
        foreach (var range in _ranges)
        {
            if (range.Low > next)
            {
                gaps.Add(new RuneRange(next, range.Low - 1));
            }

            next = range.High + 1;
        }

        if (next <= RuneMax)
        {
            gaps.Add(new RuneRange(next, RuneMax));
        }

        return new RuneSet([.. gaps]);
    }

    /// <summary>With every code point that differs from one of these in case only.</summary>
    public RuneSet FoldCase() => Of(_ranges.Concat(_ranges.SelectMany(CaseOrbits.Others)));
}

/// <summary>Which code points are the same but for case (Unicode simple folding, CaseFolding.txt C and S).</summary>
internal static class CaseOrbits
{
    // Letters with case lie below this; scanning further finds nothing.
    private const int ScanEnd = 0x1EA00;

    private const int LongS = 0x17F;

    private static readonly Lazy<(int Rune, int[] Others)[]> Orbits = new(Build);

    public static IEnumerable<RuneRange> Others(RuneRange range)
    {
        var orbits = Orbits.Value;
        int low = 0;
        int high = orbits.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = orbits[middle].Rune < range.Low ? (middle + 1, high) : (low, middle);
        }

        for (; low < orbits.Length && orbits[low].Rune <= range.High; low++)
        {
            foreach (int other in orbits[low].Others)
            {
                yield return new RuneRange(other, other);
            }
        }
    }

    private static (int Rune, int[] Others)[] Build()
    {
        var byKey = new Dictionary<int, List<int>>();
        for (int rune = 0; rune < ScanEnd; rune++)
        {
            if (!Rune.IsValid(rune))
            {
                continue;
            }

            int key = Key(new Rune(rune));
            if (!byKey.TryGetValue(key, out var members))
            {
                byKey.Add(key, members = []);
            }

            members.Add(rune);
        }

        return
        [
            .. byKey.Values.Where(m => m.Count > 1)
                .SelectMany(m => m.Select(r => (Rune: r, Others: m.Where(o => o != r).ToArray())))
                .OrderBy(o => o.Rune),
        ];
    }

    // .NET leaves the long s alone; Unicode folds it to s.
    private static int Key(Rune rune) => rune.Value == LongS ? 's' : Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune)).Value;
}
