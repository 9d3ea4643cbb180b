using System.Text.Json.Nodes;

namespace Weft.Conformance.Live.Kit;

/// <summary>Copies: each of those that are always made, and of the others as many as their share says.</summary>
internal static class LiveMirrors
{
    private const int Requests = 60;

    /// <summary>Standard deviations: one run in a thousand million errs.</summary>
    private const double DeviationsMax = 6;

    public static async Task<string?> OfAsync(LiveRun run, string id)
    {
        string[] own = [.. LiveVerdict.Destinations(run).SelectMany(run.PlacesOf)];
        foreach (JsonNode mirror in (run.Answer["mirrors"] as JsonArray ?? []).OfType<JsonNode>())
        {
            string[] places = run.PlacesOf(mirror);
            double percent = (double)mirror["percent"]!;
            if (percent == 100 && places.Length > 0 && !await run.Sightings.AwaitAsync(id, s => places.Contains(s.Place)))
            {
                return $"nothing was mirrored to {string.Join(", ", places)}";
            }

            if (percent < 100 && !places.Intersect(own).Any() && await ShareAsync(run, places, percent / 100) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    /// <summary>Copies arrive when they arrive: one that is not there when its request was answered is waited for only when there are too few.</summary>
    private static async Task<string?> ShareAsync(LiveRun run, string[] places, double share)
    {
        var ids = new List<string>();
        for (int i = 0; i < Requests; i++)
        {
            (_, _, string id) = await run.SendAsync();
            ids.Add(id);
        }

        double expected = Requests * share, tolerance = DeviationsMax * Math.Sqrt(Requests * share * (1 - share));
        int Copies() => ids.Count(id => run.Sightings.Of(id).Any(s => places.Contains(s.Place)));
        if (Copies() < expected - tolerance)
        {
            await run.Sightings.AwaitAsync(ids[^1], _ => Copies() >= expected - tolerance);
        }

        int copies = Copies();
        return Math.Abs(copies - expected) <= tolerance ? null : $"{copies} of {Requests} were mirrored instead of {share:P2}";
    }
}
