using System.Text.Json.Nodes;

namespace Weft.Conformance.Live.Kit;

/// <summary>What shows only when an application misbehaves or many requests are sent: timeouts, retries, hashing, ejection, limits, localities.</summary>
internal static class LivePolicy
{
    private const int StickyRequests = 12;
    private const int EjectionRequests = 40;

    public static async Task<string?> OfAsync(LiveRun run) =>
        await TimeoutAsync(run) ?? await RetriesAsync(run) ?? await LiveBudget.OfAsync(run) ?? await StickinessAsync(run) ?? await SessionAsync(run) ?? await LiveBalancing.OfAsync(run) ?? await EjectionAsync(run) ?? await LimitAsync(run);

    private static async Task<string?> TimeoutAsync(LiveRun run)
    {
        long written = (long?)run.Answer["timeoutMs"] ?? 0;
        if (written == 0 || run.Protocol == "grpc")
        {
            return null;
        }

        (LiveAnswer answer, _, _) = await run.SendAsync((LiveBackends.HoldHeader, "1"));
        return LiveVerdict.Is("status of a slow application", 504, answer.Status)
            ?? (answer.Took < LiveCaller.Hurried(TimeSpan.FromMilliseconds(written)) ? $"the timeout came after {answer.Took.TotalMilliseconds} ms" : null);
    }

    /// <summary>The application fails always, in a way that the policy retries or in one that it does not.</summary>
    private static async Task<string?> RetriesAsync(LiveRun run)
    {
        if (run.Answer["retries"] is not { } retries || run.Protocol == "grpc" || run.Request.Method != "GET" || run.Answer["mirrors"] is not null
            || (run.Answer["policy"] is { } policy && new[] { "outlier", "retryBudget", "hedging" }.Any(f => policy[f] is not null))) // each has tries of its own
        {
            return null;
        }

        int attempts = (int)retries["attempts"]!;
        string[] on = [.. (retries["on"] as JsonArray ?? []).Select(o => o!.ToString())];
        int? status = (int?)(retries["statuses"] as JsonArray)?.FirstOrDefault() ?? (on.Contains("5xx") || on.Contains("gateway-error") ? 503 : on.Contains("retriable-4xx") ? 409 : null);
        (LiveAnswer answer, Sighting[] seen, _) = await run.SendAsync((LiveBackends.StatusHeader, (status ?? 500).ToString()));
        int places = seen.Select(s => s.Place).Distinct().Count();
        TimeSpan least = TimeSpan.FromMilliseconds(status is null ? 0 : (long?)retries["backoffMinMs"] * attempts ?? 0) / LiveCaller.Haste;
        return LiveVerdict.Is("status", status ?? 500, answer.Status)
            ?? (answer.Took < least ? $"all tries were made within {answer.Took.TotalMilliseconds} ms" : null)
            ?? LiveVerdict.Is($"tries of an application that answers {status ?? 500}", status is null ? 1 : attempts + 1, seen.Length)
            ?? (attempts > 0 && status is not null && (bool?)retries["avoidsPrevious"] == true && Destinations(run).Length > 1 ? LiveVerdict.Is("another place was tried", true, places > 1) : null);
    }

    /// <summary>The same key, the same place; a cookie is made where it is asked for.</summary>
    private static async Task<string?> StickinessAsync(LiveRun run)
    {
        if (run.Answer["policy"]?["hash"] is not JsonObject hash)
        {
            return null;
        }

        List<(string Name, string Value)> key = hash["header"] is { } header ? [(header.ToString(), "joe")] : [];
        if (hash["cookie"] is { } cookie)
        {
            (LiveAnswer first, _, _) = await run.SendAsync();
            string made = first.Field("set-cookie");
            if (cookie["ttlMs"] is null)
            {
                if (made.Length > 0)
                {
                    return $"a cookie was made: \"{made}\"";
                }

                made = $"{cookie["name"]}=joe"; // the application has its own
            }

            if (!made.StartsWith($"{cookie["name"]}=", StringComparison.Ordinal))
            {
                return $"no cookie {cookie["name"]} was made: \"{made}\"";
            }

            key.Add(("cookie", made.Split(';')[0]));
        }

        bool hasKey = key.Count > 0 || hash["sourceAddress"] is not null || (hash["query"] is { } query && run.Request.To.Query.Contains($"{query}=", StringComparison.Ordinal));
        int places = await PlacesAsync(run, key);
        return hasKey ? LiveVerdict.Is("places of one key", 1, places) : null;
    }

    /// <summary>What the first answer brings leads every further request to the same place.</summary>
    private static async Task<string?> SessionAsync(LiveRun run)
    {
        if (run.Answer["session"] is not { } session)
        {
            return null;
        }

        (LiveAnswer first, _, _) = await run.SendAsync();
        string field = session["cookie"] is null ? session["header"]!.ToString() : "set-cookie";
        string made = first.Field(field).Split(';')[0];
        return made.Length == 0 || (session["cookie"] is { } cookie && !made.StartsWith($"{cookie["name"]}=", StringComparison.Ordinal))
            ? $"no session began: {field} is \"{made}\""
            : LiveVerdict.Is("places of one session", 1, await PlacesAsync(run, [(field == "set-cookie" ? "cookie" : field, made)]));
    }

    private static async Task<int> PlacesAsync(LiveRun run, List<(string Name, string Value)> key)
    {
        var places = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < StickyRequests; i++)
        {
            (_, Sighting[] seen, _) = await run.SendAsync(key);
            places.UnionWith(seen.Select(s => s.Place));
        }

        return places.Count;
    }

    /// <summary>As many failures in a row as are written put a place out of use.</summary>
    private static async Task<string?> EjectionAsync(LiveRun run)
    {
        // With minHealthPercent both places of a row are in use again as soon as one is out.
        if (run.Answer["policy"]?["outlier"] is not JsonObject outlier || Destinations(run) is not { Length: > 1 } places || (long?)outlier["maxEjectionPercent"] is < 50 || outlier["minHealthPercent"] is not null)
        {
            return null;
        }

        long failures = (long?)outlier["consecutive5xx"] ?? (long?)outlier["consecutiveGatewayErrors"] ?? 0;
        if (failures == 0 || failures > EjectionRequests / 2)
        {
            return null;
        }

        for (long i = 0; i < failures * places.Length * 4; i++)
        {
            await run.SendAsync((LiveBackends.StatusHeader, "503"));
        }

        var left = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < EjectionRequests; i++)
        {
            (_, Sighting[] seen, _) = await run.SendAsync();
            left.UnionWith(seen.Select(s => s.Place));
        }

        return left.Count < places.Length ? null : $"all of {string.Join(", ", left)} still serve after {failures} failures each";
    }

    /// <summary>As many requests as are written at once, and one more.</summary>
    private static async Task<string?> LimitAsync(LiveRun run)
    {
        if ((int?)run.Answer["policy"]?["limits"]?["requests"] is not { } limit || limit > 16)
        {
            return null;
        }

        for (int i = 0; i < limit; i++)
        {
            await run.HoldAsync();
        }

        (LiveAnswer answer, _, _) = await run.SendAsync();
        return LiveVerdict.Is("status beyond the limit", 503, answer.Status);
    }

    private static string[] Destinations(LiveRun run) => [.. LiveVerdict.Destinations(run).SelectMany(run.PlacesOf)];
}
