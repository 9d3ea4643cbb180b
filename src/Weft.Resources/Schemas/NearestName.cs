namespace Weft.Resources.Schemas;

/// <summary>"Did you mean": the nearest known name, when it is near enough to be worth saying.</summary>
public static class NearestName
{
    private const int NameLengthMax = 64;

    public static string? Of(string name, IEnumerable<string> known)
    {
        // A third of the letters may differ; more is another word.
        int best = Math.Max(1, name.Length / 3) + 1;
        string? nearest = null;
        foreach (string candidate in known)
        {
            int distance = Distance(name, candidate, best);
            if (distance < best)
            {
                (best, nearest) = (distance, candidate);
            }
        }

        return nearest;
    }

    /// <summary>Optimal string alignment distance without case; at least <paramref name="limit"/> when it is not below that.</summary>
    private static int Distance(string a, string b, int limit)
    {
        if (Math.Abs(a.Length - b.Length) >= limit || a.Length > NameLengthMax || b.Length > NameLengthMax)
        {
            return limit;
        }

        Span<int> before = stackalloc int[NameLengthMax + 1];
        Span<int> last = stackalloc int[NameLengthMax + 1];
        Span<int> row = stackalloc int[NameLengthMax + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1] + 1, last[j] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            Span<int> spare = before;
            before = last;
            last = row;
            row = spare;
        }

        return last[b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
