using System.Text.Json.Nodes;

namespace Weft.Conformance.Live.Kit;

/// <summary>Aborts that are not for every request, by counting.</summary>
internal static class LiveFaults
{
    private const int Requests = 60;

    /// <summary>Standard deviations: one run in a thousand million errs.</summary>
    private const double DeviationsMax = 6;

    /// <summary>The abort that some requests meet and others do not; null: there is none.</summary>
    public static JsonNode? Sometimes(LiveRun run) =>
        (run.Answer["faults"] as JsonArray ?? []).FirstOrDefault(f => (string?)f!["kind"] == "abort" && (double)f["percent"]! is > 0 and < 100);

    public static async Task<string?> OfAsync(LiveRun run, JsonNode abort)
    {
        int status = (int?)abort["status"] ?? 200, aborted = 0;
        double share = (double)abort["percent"]! / 100;
        for (int i = 0; i < Requests; i++)
        {
            (LiveAnswer answer, Sighting[] seen, _) = await run.SendAsync();
            if (seen.Length == 0 && answer.Status == status)
            {
                aborted++;
            }
            else if (answer.Status != 200)
            {
                return $"neither aborted with {status} nor let through: {answer}";
            }
        }

        double deviation = Math.Sqrt(Requests * share * (1 - share));
        return Math.Abs(aborted - (Requests * share)) <= DeviationsMax * deviation ? null : $"{aborted} of {Requests} were aborted instead of {share:P0}";
    }
}
