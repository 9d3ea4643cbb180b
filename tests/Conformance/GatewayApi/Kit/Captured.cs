using System.Text.Json.Nodes;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>What came back, and what the echo backend said it was asked (empty when it was none).</summary>
internal sealed record Captured(int Status, string Protocol, IReadOnlyDictionary<string, string> Headers, JsonObject Seen)
{
    public string Pod => (string?)Seen["pod"] ?? "";

    /// <summary>Null when the row's expectation holds, else the first difference.</summary>
    public string? Differs(Row row)
    {
        bool timedOut = Status is 408 or 504;
        if (timedOut && row.Statuses.Any(s => s is 408 or 504))
        {
            return null;
        }

        if (!row.Statuses.Contains(Status))
        {
            return $"status {Status} instead of {string.Join('|', row.Statuses)}{Because()}";
        }

        return Status is 200 or 204 ? DiffersInContent(row) : row.Redirect is null ? null : DiffersInRedirect(row, row.Redirect);
    }

    private string? DiffersInContent(Row row)
    {
        foreach ((string name, string values) in row.AnswerHeaders)
        {
            string got = Headers.GetValueOrDefault(name, "").Replace(" ", "", StringComparison.Ordinal);
            if (!values.Replace(" ", "", StringComparison.Ordinal).Split('|').Contains(got))
            {
                return $"answer header {name} is \"{got}\" instead of \"{values}\"";
            }
        }

        return row.AbsentAnswerHeaders.FirstOrDefault(Headers.ContainsKey) is { } extra ? $"answer header {extra} is there"
            : row.ReachesBackend ? DiffersInSeen(row) : null;
    }

    private string? DiffersInSeen(Row row)
    {
        if (row.Backend.Length > 0 && !Pod.StartsWith(row.Backend, StringComparison.Ordinal))
        {
            return $"answered by {Pod} instead of {row.Backend}";
        }

        string path = row.SeenPath ?? row.Path, host = row.SeenHost ?? row.Host;
        if ((string?)Seen["path"] != path)
        {
            return $"the backend saw path {Seen["path"]} instead of {path}";
        }

        if (host.Length > 0 && (string?)Seen["host"] != host)
        {
            return $"the backend saw host {Seen["host"]} instead of {host}";
        }

        if ((string?)Seen["method"] != row.Method || (row.Namespace.Length > 0 && (string?)Seen["namespace"] != row.Namespace))
        {
            return $"the backend saw {Seen["method"]} in {Seen["namespace"]} instead of {row.Method} in {row.Namespace}";
        }

        return DiffersInSeenHeaders(row) ?? DiffersInSeenTls(row);
    }

    private string? DiffersInSeenHeaders(Row row)
    {
        ILookup<string, string> seen = (Seen["headers"] as JsonObject ?? [])
            .SelectMany(h => (h.Value as JsonArray ?? []).Select(v => (h.Key, Value: (string?)v ?? "")))
            .ToLookup(h => h.Key, h => h.Value, StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in row.SeenHeaders)
        {
            if (string.Join(",", seen[name]) != value)
            {
                return $"the backend saw {name}: \"{string.Join(",", seen[name])}\" instead of \"{value}\"";
            }
        }

        return row.UnseenHeaders.FirstOrDefault(seen.Contains) is { } extra ? $"the backend saw {extra}" : null;
    }

    private string? DiffersInSeenTls(Row row)
    {
        if (row.SeenServerName is { } name && (string?)Seen["tls"]?["serverName"] != name)
        {
            return $"the backend saw server name \"{Seen["tls"]?["serverName"]}\" instead of \"{name}\"";
        }

        return row.SeenClientCertificate is { } certificate && !(Seen["tls"]?["peerCertificates"] as JsonArray ?? []).Any(c => ((string?)c)?.Trim() == certificate.Trim())
            ? "the backend saw another client certificate or none" : null;
    }

    private string? DiffersInRedirect(Row row, ExpectedRedirect expected)
    {
        string requestScheme = row.ServerName is null ? "http" : "https";
        if (!Headers.TryGetValue("Location", out string? location) || !Uri.TryCreate(new Uri($"{requestScheme}://{(row.Host.Length > 0 ? row.Host : "gateway.invalid")}"), location, out Uri? target))
        {
            return "no location, or not one";
        }

        string port = HasPort(location) ? target.Port.ToString() : "", own = target.Scheme == "https" ? "443" : "80";
        bool portFits = expected.Port is { } wanted ? port == wanted : port.Length == 0 || port == own;
        bool fits = portFits && target.Scheme == (expected.Scheme ?? requestScheme) && (expected.Host is null || target.Host == expected.Host)
            && target.AbsolutePath == (expected.Path ?? row.Path.Split('?')[0]);
        return fits ? null : $"location {location} instead of {expected}";
    }

    private static bool HasPort(string location)
    {
        int start = location.IndexOf("//", StringComparison.Ordinal);
        int end = start < 0 ? -1 : location.IndexOf('/', start + 2);
        return start >= 0 && (end < 0 ? location[(start + 2)..] : location[(start + 2)..end]).Contains(':');
    }

    private string Because() => Headers.TryGetValue("weft-fault", out string? fault) ? $" ({fault})" : "";
}
