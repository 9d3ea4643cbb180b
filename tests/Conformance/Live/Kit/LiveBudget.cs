using System.Text.Json.Nodes;

namespace Weft.Conformance.Live.Kit;

/// <summary>A retry budget by what it refuses: many requests at once, all answered in a way that the route retries.</summary>
internal static class LiveBudget
{
    private const int Requests = 40;

    public static async Task<string?> OfAsync(LiveRun run)
    {
        if (run.Answer["policy"]?["retryBudget"] is not { } budget || (int?)(run.Answer["retries"]?["statuses"] as JsonArray)?.FirstOrDefault() is not { } status || run.Protocol != "http")
        {
            return null; // nothing that an application answers is retried
        }

        using LiveGate gate = run.World.Backends.Gate(Requests);
        Task<LiveAnswer>[] asked = [.. Enumerable.Range(0, Requests).Select(_ => AskAsync(run, gate, status))];
        await gate.Settled;
        int retries = gate.Further;
        gate.OpenForFurther();
        LiveAnswer[] answers = await Task.WhenAll(asked);
        double share = (double)budget["percent"]! / 100 * Requests;
        double most = budget["minPerSecond"] is { } rate ? share + ((double)rate * (double)budget["windowMs"]! / 1000) : Math.Max((double?)budget["minConcurrent"] ?? 0, Math.Ceiling(share));
        return answers.Select(a => LiveVerdict.Is("status", status, a.Status)).FirstOrDefault(w => w is not null)
            ?? (retries > 0 && retries <= most ? null : $"{retries} retries of {Requests} requests were made at once, where 1 to {most} are allowed");
    }

    private static async Task<LiveAnswer> AskAsync(LiveRun run, LiveGate gate, int status)
    {
        (LiveAnswer answer, _, _) = await run.SendAsync((LiveBackends.GateHeader, gate.Name), (LiveBackends.StatusHeader, $"{status}"));
        gate.Answered();
        return answer;
    }
}
