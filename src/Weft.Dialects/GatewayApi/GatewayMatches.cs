using Weft.Dialects.Fields;
using Weft.Model.V1;

namespace Weft.Dialects.GatewayApi;

/// <summary>HTTPRouteMatch → schema.</summary>
internal static class GatewayMatches
{
    /// <summary>A rule without matches matches the prefix "/".</summary>
    public static IEnumerable<RouteMatch> Read(Field matches) => matches.Count == 0 ? [One(default)] : matches.Items.Select(One);

    private static RouteMatch One(Field match)
    {
        RouteMatch read = new() { Path = Path(match["path"]) };
        if (match["method"].Text is { Length: > 0 } method)
        {
            read.Method = new StringMatch { Exact = method };
        }
        read.Headers.AddRange(Headers(match["headers"]));
        // Of equal names the first counts (the API says so); query names are case-sensitive.
        read.Query.AddRange(match["queryParams"].Items.DistinctBy(q => q["name"].Text, StringComparer.Ordinal)
            .Select(q => new HeaderMatch { Name = q["name"].Text, Value = Value(q) }));
        return read;
    }

    public static IEnumerable<HeaderMatch> Headers(Field headers) => headers.Items
        .DistinctBy(h => h["name"].Text, StringComparer.OrdinalIgnoreCase)
        .Select(h => new HeaderMatch { Name = h["name"].Text.ToLowerInvariant(), Value = Value(h) });

    /// <summary>Prefixes are whole segments, so a trailing slash says nothing.</summary>
    private static StringMatch Path(Field path)
    {
        string value = path["value"].Text is { Length: > 0 } written ? written : "/";
        return path["type"].Text switch
        {
            "Exact" => new StringMatch { Exact = value },
            "RegularExpression" => new StringMatch { Regex = value },
            _ => new StringMatch { PathPrefix = value.Length > 1 ? value.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/" : value },
        };
    }

    private static StringMatch Value(Field match) =>
        match["type"].Text == "RegularExpression" ? new StringMatch { Regex = match["value"].Text } : new StringMatch { Exact = match["value"].Text };
}
