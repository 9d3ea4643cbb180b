using System.Diagnostics;
using System.Text.Json.Nodes;
using Weft.Model.V1;

namespace Weft.Conformance.Live.Kit;

/// <summary>Who is chosen among the endpoints of a destination: newcomers in their warm-up, localities by shares and by nearness.</summary>
internal static class LiveBalancing
{
    private const int Requests = 100;

    /// <summary>One run in a hundred million errs, whatever the degrees of freedom up to four.</summary>
    private const double ChiSquareMax = 45;

    /// <summary>Of its fair share.</summary>
    private const double NewcomerShareMax = 0.7;

    /// <summary>Fewer requests in the time tell nothing.</summary>
    private const int NewcomerRequestsMin = 20;

    /// <summary>What a warm-up takes here.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task<string?> OfAsync(LiveRun run) => LiveVerdict.Destinations(run).FirstOrDefault() is { } destination && run.Answer["policy"] is { } policy
        ? await WarmUpAsync(run, destination, policy) ?? await DistributeAsync(run, destination, policy) ?? await FailoverAsync(run, destination, policy) : null;

    private static async Task<string?> WarmUpAsync(LiveRun run, JsonNode destination, JsonNode policy)
    {
        if (policy["warmUp"] is null || run.EndpointsOf(destination).Length < 2)
        {
            return null;
        }

        await AskAsync(run, int.MaxValue, WarmUp); // those that are there from the beginning are new, too
        run.Rejoin(destination);
        (Endpoint Endpoint, string Place)[] endpoints = run.EndpointsOf(destination);
        Dictionary<string, int> counts = await AskAsync(run, Requests, WarmUp / 10);
        int got = counts.GetValueOrDefault(endpoints[^1].Place), all = counts.Values.Sum();
        return all < NewcomerRequestsMin || got <= NewcomerShareMax * all / endpoints.Length ? null : $"a newcomer of {endpoints.Length} had {got} of {all} requests at the beginning of its warm-up";
    }

    private static async Task<string?> DistributeAsync(LiveRun run, JsonNode destination, JsonNode policy)
    {
        JsonNode? rule = (policy["locality"]?["distribute"] as JsonArray ?? []).FirstOrDefault(d => Covers((string)d!["from"]!, run.Locality));
        if (run.Locality.Length == 0 || rule?["to"] is not JsonObject to)
        {
            return null;
        }

        (Endpoint Endpoint, string Place)[] endpoints = run.EndpointsOf(destination);
        Dictionary<string, int> counts = await AskAsync(run, Requests);
        (double Expected, int Got)[] shares = [.. to.Select(t => (Requests * (double)t.Value! / 100, endpoints.Where(e => Covers(t.Key, e.Endpoint.Locality)).Sum(e => counts.GetValueOrDefault(e.Place))))];
        double chiSquare = shares.Sum(s => Math.Pow(s.Got - s.Expected, 2) / s.Expected);
        return shares.Sum(s => s.Got) == Requests && chiSquare < ChiSquareMax ? null : $"{string.Join('/', to.Select(t => t.Value))} gave {string.Join('/', shares.Select(s => s.Got))}";
    }

    /// <summary>The nearest serve alone; when they are put out of use, those next to them.</summary>
    private static async Task<string?> FailoverAsync(LiveRun run, JsonNode destination, JsonNode policy)
    {
        if (policy["outlier"] is not { } outlier || policy["locality"] is not { } locality || (bool?)locality["enabled"] != true || (run.Locality.Length == 0 && locality["failoverPriority"] is null))
        {
            return null;
        }

        IGrouping<int, (Endpoint Endpoint, string Place)>[] ranks = [.. run.EndpointsOf(destination).GroupBy(e => Rank(run, locality, e.Endpoint)).OrderBy(g => g.Key)];
        if (ranks.Length < 2)
        {
            return null;
        }

        string[] near = [.. ranks[0].Select(e => e.Place)], next = [.. ranks[1].Select(e => e.Place)];
        if ((await AskAsync(run, Requests)).Keys.FirstOrDefault(p => !near.Contains(p)) is { } farther)
        {
            return $"{farther} was asked though {string.Join(", ", near)} are nearer";
        }

        if (near.Length > 1)
        {
            return null; // not all of them may be put out of use
        }

        for (long i = 0; i < ((long?)outlier["consecutive5xx"] ?? 5); i++)
        {
            await run.SendAsync((LiveBackends.StatusHeader, "503"));
        }

        return (await AskAsync(run, Requests)).Keys.FirstOrDefault(p => !next.Contains(p)) is { } wrong ? $"{wrong} was asked after {near[0]} had failed, instead of {string.Join(", ", next)}" : null;
    }

    private static int Rank(LiveRun run, JsonNode locality, Endpoint endpoint)
    {
        if (locality["failoverPriority"] is JsonArray labels)
        {
            return labels.Count - labels.TakeWhile(l => Matches(run, l!.ToString(), endpoint)).Count();
        }

        string[] own = run.Locality.Split('/'), other = endpoint.Locality.Split('/');
        int same = own.Zip(other).TakeWhile(p => p.First == p.Second).Count();
        return same > 0 ? own.Length - same : (string?)locality["failover"]?[own[0]] == other[0] ? own.Length : own.Length + 1;
    }

    /// <summary>"version": as the caller's; "version=v1": that one.</summary>
    private static bool Matches(LiveRun run, string label, Endpoint endpoint)
    {
        string[] parts = label.Split('=');
        return endpoint.Labels.GetValueOrDefault(parts[0], "") == (parts.Length > 1 ? parts[1] : run.Scope.Labels.GetValueOrDefault(parts[0], ""));
    }

    private static bool Covers(string pattern, string locality) => pattern == locality || pattern == "*" || (pattern.EndsWith('*') && locality.StartsWith(pattern[..^1], StringComparison.Ordinal));

    /// <param name="limit">No more are sent when it is over; null: there is none.</param>
    private static async Task<Dictionary<string, int>> AskAsync(LiveRun run, int requests, TimeSpan? limit = null)
    {
        long begin = Stopwatch.GetTimestamp();
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < requests && !(Stopwatch.GetElapsedTime(begin) > limit); i++)
        {
            (_, Sighting[] seen, _) = await run.SendAsync();
            foreach (Sighting sighting in seen)
            {
                counts[sighting.Place] = counts.GetValueOrDefault(sighting.Place) + 1;
            }
        }

        return counts;
    }
}
