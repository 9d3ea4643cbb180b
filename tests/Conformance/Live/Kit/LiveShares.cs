using System.Text.Json.Nodes;

namespace Weft.Conformance.Live.Kit;

/// <summary>Weights by counting: the row's request many times, and a chi-square over who answered.</summary>
internal static class LiveShares
{
    private const int Requests = 150;

    /// <summary>One run in a hundred million errs, whatever the degrees of freedom up to four.</summary>
    private const double ChiSquareMax = 45;

    private const string Nobody = "nobody";

    public static bool IsSplit(LiveRun run) => run.Outcome == "route" && LiveVerdict.Destinations(run).Count() > 1;

    public static async Task<string?> OfAsync(LiveRun run)
    {
        JsonNode[] destinations = [.. LiveVerdict.Destinations(run)];
        string[][] places = [.. destinations.Select(run.PlacesOf)];
        int[] counts = new int[destinations.Length];
        string? stranger = null;
        for (int i = 0; i < Requests; i++)
        {
            string place = await AskAsync(run);
            int index = Array.FindIndex(places, p => place == Nobody ? p.Length == 0 : p.Contains(place));
            if (index < 0)
            {
                stranger ??= place;
            }
            else
            {
                counts[index]++;
            }
        }

        if (stranger is not null)
        {
            return $"{stranger} answered, which is no destination";
        }

        // Places that several destinations share cannot be told apart: who answered is all there is to see.
        bool overlap = places.SelectMany(p => p).GroupBy(p => p).Any(g => g.Count() > 1) || places.Count(p => p.Length == 0) > 1;
        double total = destinations.Sum(d => (double)d["weight"]!);
        double chiSquare = destinations.Select((d, i) => (Expected: Requests * (double)d["weight"]! / total, Got: counts[i])).Sum(s => Math.Pow(s.Got - s.Expected, 2) / s.Expected);
        return overlap || chiSquare < ChiSquareMax ? null : $"weights {string.Join('/', destinations.Select(d => d["weight"]))} gave {string.Join('/', counts)}";
    }

    private static async Task<string> AskAsync(LiveRun run)
    {
        if (run.IsOpaque)
        {
            string place = await run.AskOpaqueAsync();
            return place.StartsWith('!') ? Nobody : place;
        }

        (_, Sighting[] seen, _) = await run.SendAsync();
        return seen.Length == 0 ? Nobody : seen[0].Place;
    }
}
