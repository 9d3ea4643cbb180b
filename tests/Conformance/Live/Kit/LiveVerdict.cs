using System.Text.Json.Nodes;

namespace Weft.Conformance.Live.Kit;

/// <summary>Compares what `weft explain` says of a row with what became of its request. Null: they agree.</summary>
internal static class LiveVerdict
{
    public static async Task<string?> OfAsync(LiveRun run)
    {
        if (run.IsOpaque)
        {
            return LiveShares.IsSplit(run) ? await LiveShares.OfAsync(run) : await OpaqueAsync(run);
        }

        (string Name, string Value)[] probes = [.. Removed(run.Answer["requestHeaders"]).Select(n => (n, "live")), .. Removed(run.Answer["responseHeaders"]).Select(n => (LiveBackends.AnswerHeader, $"{n}: live"))];
        (LiveAnswer answer, Sighting[] seen, string id) = await run.SendAsync(probes);
        string? wrong = run.Outcome switch
        {
            "route" => await ForwardedAsync(run, answer, seen, id),
            "passthrough" => seen is [{ Place: var place }] && place.StartsWith("outside ", StringComparison.Ordinal) ? null : $"it did not pass through: {answer}",
            "redirect" => Is("status", (int?)run.Answer["redirect"]?["status"], answer.Status) ?? Is("location", (string?)run.Answer["redirect"]?["location"], Location(run, answer)),
            "direct" => Is("status", (int?)run.Answer["status"], answer.Status) ?? Is("body", (string?)run.Answer["body"] ?? "", answer.Body),
            "fault" => Fault(run, answer),
            _ => Refused(run, answer),
        };
        return (wrong ?? (run.Outcome is "route" or "passthrough" || seen.Length == 0 ? null : $"{seen[0].Place} was asked")) is { } difference ? $"{difference}; got {answer}" : null;
    }

    /// <summary>A port that is opened under another number leads back to where it is open.</summary>
    private static string Location(LiveRun run, LiveAnswer answer)
    {
        if (run.WrittenPort == 0)
        {
            return answer.Field("location");
        }

        string port = run.WrittenPort == (run.Request.To.Scheme == "https" ? 443 : 80) ? "" : $":{run.WrittenPort}"; // a scheme's own port is not written
        return answer.Field("location").Replace($":{run.Entry.Port}", port, StringComparison.Ordinal);
    }

    private static async Task<string?> OpaqueAsync(LiveRun run)
    {
        string place = await run.AskOpaqueAsync();
        string[] places = run.Answer["policy"]?["tunnel"] is { } tunnel
            ? [$"{tunnel["method"]} {LiveServers.PlaceOf(tunnel["host"]!.ToString(), (uint)tunnel["port"]!)}"] : [.. Destinations(run).SelectMany(run.PlacesOf)];
        return run.Outcome switch
        {
            "route" when places.Length == 0 && !place.StartsWith('!') => null, // where it was going
            "route" => places.Contains(place) ? null : $"{place} answered instead of one of {string.Join(", ", places)}",
            "passthrough" => place.StartsWith("outside ", StringComparison.Ordinal) ? null : $"it did not pass through: {place}",
            _ => place.StartsWith('!') ? null : $"{place} answered, and nobody should",
        };
    }

    private static string? Refused(LiveRun run, LiveAnswer answer)
    {
        int? status = (int?)run.Answer["status"];
        // Without a key pair there is no handshake, nor with a client whose certificate is not the one that is pinned.
        JsonNode? tls = run.Answer["listener"]?["tls"];
        if (tls?["credentials"] is JsonArray { Count: 0 } && (string?)tls["mode"] is "Simple" or "Mutual" || tls?["certificateHashes"] is JsonArray { Count: > 0 })
        {
            return Is("status", 0, answer.Status);
        }

        if (answer.Status == 0)
        {
            return run.Outcome == "no-route" && run.Answer["listener"] is null ? null : "there was no answer"; // nobody listens there
        }

        // gRPC clients are told in their own terms (gRPC over HTTP/2: an HTTP status other than 200 has no meaning).
        return run.Protocol == "grpc" && answer.Status == 200 ? Is("refused", true, answer.Field("grpc-status") is not ("" or "0")) : status is null ? null : Is("status", status, answer.Status);
    }

    private static string? Fault(LiveRun run, LiveAnswer answer)
    {
        JsonNode? abort = (run.Answer["faults"] as JsonArray ?? []).FirstOrDefault(f => (string?)f!["kind"] == "abort");
        return (run.Protocol == "grpc" && abort?["grpcStatus"] is { } grpc ? Is("grpc-status", grpc.ToString(), answer.Field("grpc-status")) : null)
            ?? Is("status", (int?)run.Answer["status"], answer.Status) ?? Delayed(run, answer);
    }

    private static string? Delayed(LiveRun run, LiveAnswer answer)
    {
        JsonNode? delay = (run.Answer["faults"] as JsonArray ?? []).FirstOrDefault(f => (string?)f!["kind"] == "delay" && (double)f["percent"]! == 100);
        return delay is not null && answer.Took < LiveCaller.Hurried(TimeSpan.FromMilliseconds((long)delay["delayMs"]!)) ? $"it took {answer.Took.TotalMilliseconds} ms only" : null;
    }

    private static async Task<string?> ForwardedAsync(LiveRun run, LiveAnswer answer, Sighting[] seen, string id)
    {
        if ((string?)run.Answer["cors"]?["kind"] == "preflight")
        {
            return Is("status", true, answer.Status is 200 or 204) ?? Fields(run.Answer["cors"]?["fields"], answer) ?? Is("applications asked", 0, seen.Length);
        }

        if (LiveFaults.Sometimes(run) is { } share)
        {
            return await LiveFaults.OfAsync(run, share);
        }

        if (LiveShares.IsSplit(run))
        {
            return await LiveShares.OfAsync(run);
        }

        string[] places = [.. Destinations(run).SelectMany(run.PlacesOf)];
        bool isDialled = places.Length == 0 || (string?)run.Answer["balancer"] == "passthrough";
        Sighting? first = seen.Where(s => !s.Host.Contains("-shadow", StringComparison.Ordinal))
            .FirstOrDefault(s => isDialled ? s.Place.StartsWith("outside ", StringComparison.Ordinal) : places.Contains(s.Place) || places.Any(run.IsGateway));
        if (answer.Status != 200 || first is null)
        {
            return $"status 200 from {string.Join(", ", places)} was expected, and {(seen.Length == 0 ? "nobody" : seen[0].Place)} was asked";
        }

        return Rewritten(run, first) ?? Edited(run, first, answer) ?? Delayed(run, answer) ?? Fields(run.Answer["cors"]?["fields"], answer)
            ?? Mtls(run, first) ?? await LiveMirrors.OfAsync(run, id) ?? await LivePolicy.OfAsync(run);
    }

    private static string? Rewritten(LiveRun run, Sighting seen)
    {
        string sent = run.Request.To.AbsolutePath;
        string host = run.Request.Headers.LastOrDefault(h => h.Name.Equals("host", StringComparison.OrdinalIgnoreCase) || h.Name == ":authority").Value ?? run.Request.To.Authority;
        string path = seen.Path.Split('?')[0];
        return Is("path", (string?)run.Answer["rewrite"]?["path"] ?? sent, path) ?? (run.Answer["rewrite"]?["authority"] is { } authority
            ? Is("authority", authority.ToString(), seen.Host) : Is("authority", host.ToLowerInvariant().Replace(".:", ":", StringComparison.Ordinal), seen.Host.ToLowerInvariant())); // the root's dot is no part of a name
    }

    private static string? Edited(LiveRun run, Sighting seen, LiveAnswer answer) =>
        Edits("request header", run.Answer["requestHeaders"], seen.Header) ?? Edits("response header", run.Answer["responseHeaders"], answer.Field);

    private static string? Edits(string what, JsonNode? edits, Func<string, string> got)
    {
        foreach ((string name, JsonNode? value) in edits?["set"] as JsonObject ?? [])
        {
            // What is appended to what was set comes behind it.
            string seen = edits?["add"]?[name] is { } more && got(name).EndsWith($",{more}", StringComparison.Ordinal) ? got(name)[..^(more.ToString().Length + 1)] : got(name);
            if (!value!.ToString().Contains('%') && Is($"{what} {name}", Own(name) ? seen : value.ToString(), seen) is { } wrong)
            {
                return wrong;
            }
        }

        foreach ((string name, JsonNode? value) in edits?["add"] as JsonObject ?? [])
        {
            if (!value!.ToString().Contains('%') && !got(name).Contains(value.ToString().Split(',')[0], StringComparison.Ordinal))
            {
                return $"{what} {name} is \"{got(name)}\" without \"{value}\"";
            }
        }

        return Removed(edits).Select(name => got(name).Length > 0 ? $"{what} {name} is there" : null).FirstOrDefault(w => w is not null);
    }

    private static bool Own(string name) => name.Equals("host", StringComparison.OrdinalIgnoreCase);

    private static string? Fields(JsonNode? fields, LiveAnswer answer) =>
        (fields as JsonObject ?? []).Select(f => Is($"field {f.Key}", f.Value!.ToString(), answer.Field(f.Key))).FirstOrDefault(w => w is not null);

    private static string? Mtls(LiveRun run, Sighting seen)
    {
        string mode = run.PlacesOf(Destinations(run).First()).Any(run.IsGateway) ? "" : (string?)run.Answer["mtls"]?["client"] ?? "";
        bool proven = seen.Header("x-forwarded-client-cert").Contains("URI=spiffe://", StringComparison.Ordinal);
        return mode switch
        {
            "auto-mutual" => Is("the peer is proven", true, proven),
            "simple" => Is("TLS", true, seen.Seen["tls"] is not null)
                ?? Is("server name", run.Answer["policy"]?["tls"]?["sni"]?.ToString() ?? NameOf(run, seen), seen.Seen["tls"]?["serverName"]?.ToString()),
            "disable" or "auto-plaintext" => Is("the peer is proven", false, proven),
            _ => null,
        };
    }

    /// <summary>Without a name of its own in the rule: the service's, and of a wildcard the one that is asked for.</summary>
    private static string NameOf(LiveRun run, Sighting seen)
    {
        string service = Destinations(run).First()["service"]!.ToString();
        return service.StartsWith('*') ? seen.Host.Split(':')[0] : service;
    }

    internal static IEnumerable<JsonNode> Destinations(LiveRun run) => (run.Answer["destinations"] as JsonArray ?? []).OfType<JsonNode>();

    private static IEnumerable<string> Removed(JsonNode? edits) => (edits?["remove"] as JsonArray ?? []).Select(n => n!.ToString());

    internal static string? Is<T>(string what, T expected, T got) => EqualityComparer<T>.Default.Equals(expected, got) ? null : $"{what} is \"{got}\" instead of \"{expected}\"";
}
