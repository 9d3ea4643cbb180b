using Weft.Dialects.Fields;
using Weft.Model.V1;

namespace Weft.Dialects.Istio;

/// <summary>HTTPMatchRequest → schema. Conditions on the caller are decided here, conditions on the request by the proxy.</summary>
internal static class HttpMatches
{
    /// <summary>With `gateways` on the match the caller's labels are not looked at.</summary>
    public static bool AppliesTo(Field match, IstioScope scope, string ns)
    {
        if (match["port"].Number is { } port and > 0 && port != scope.Port)
        {
            return false;
        }
        if (match["gateways"].Count > 0)
        {
            return match["gateways"].Texts.Any(g => scope.Gateways.Contains(VirtualServiceConfig.GatewayName(g, ns)));
        }
        return match["sourceLabels"].Entries.All(l => scope.Labels.TryGetValue(l.Key, out string? value) && value == l.Value.Text)
            && (match["sourceNamespace"].Text is not { Length: > 0 } source || source == scope.Namespace);
    }

    public static RouteMatch Read(Field match)
    {
        bool ignoreCase = match["ignoreUriCase"].IsTrue;
        RouteMatch read = new() { Name = match["name"].Text };
        if (Text(match["uri"]) is { } path)
        {
            path.IgnoreCase = ignoreCase && path.KindCase != StringMatch.KindOneofCase.Regex;
            read.Path = path;
        }
        read.Method = Text(match["method"]);
        read.Scheme = Text(match["scheme"]);
        read.Authority = Text(match["authority"]);
        foreach ((string name, Field value) in match["headers"].Entries)
        {
            AddHeader(read, name.ToLowerInvariant(), Header(value));
        }
        foreach ((string name, Field value) in match["withoutHeaders"].Entries)
        {
            StringMatch condition = Header(value);
            bool presence = condition.KindCase == StringMatch.KindOneofCase.Present;
            condition.Invert = true;
            read.Headers.Add(new HeaderMatch { Name = name.ToLowerInvariant(), Value = condition, MissingIsEmpty = !presence });
        }
        foreach ((string name, Field value) in match["queryParams"].Entries)
        {
            read.Query.Add(new HeaderMatch { Name = name, Value = Header(value) });
        }
        return read;
    }

    /// <summary>Nothing of the request is asked for: whatever comes after is never reached.</summary>
    public static bool IsCatchAll(RouteMatch match) =>
        match.Headers.Count == 0 && match.Query.Count == 0 && match.Claims.Count == 0
        && match.Method is null && match.Scheme is null && match.Authority is null
        && (match.Path is null || match.Path.KindCase switch
        {
            StringMatch.KindOneofCase.Prefix => match.Path.Prefix == "/",
            StringMatch.KindOneofCase.Regex => match.Path.Regex is "*" or ".*",
            _ => false,
        });

    /// <summary>uri, scheme, method and authority are matched by their own fields; as header names Istio ignores them.</summary>
    private static void AddHeader(RouteMatch match, string name, StringMatch value)
    {
        const string ClaimPrefix = "@request.auth.claims";
        if (name is "uri" or "scheme" or "method" or "authority")
        {
            return;
        }
        if (name.StartsWith(ClaimPrefix, StringComparison.Ordinal))
        {
            match.Claims.Add(new HeaderMatch { Name = ClaimName(name[ClaimPrefix.Length..]), Value = value });
            return;
        }
        if (!TrySetPseudo(match, name, value))
        {
            match.Headers.Add(new HeaderMatch { Name = name, Value = value });
        }
    }

    /// <summary>HTTP/2's names of method, scheme and authority. Beside a condition of their own field they are kept as headers, which nobody sends.</summary>
    private static bool TrySetPseudo(RouteMatch match, string name, StringMatch value)
    {
        switch (name)
        {
            case ":method" when match.Method is null:
                match.Method = value;
                return true;
            case ":scheme" when match.Scheme is null:
                match.Scheme = value;
                return true;
            case ":authority" when match.Authority is null:
                match.Authority = value;
                return true;
            default:
                return false;
        }
    }

    /// <summary>"@request.auth.claims.group" and "@request.auth.claims[https://x/group][nested]" → "group", names joined by ".".</summary>
    private static string ClaimName(string rest) =>
        rest.StartsWith('[') ? rest.Trim('[', ']').Replace("][", ".", StringComparison.Ordinal) : rest.TrimStart('.');

    private static StringMatch? Text(Field match) => match.Count == 0 ? null : Condition(match);

    /// <summary>No condition, or the expression "*", asks for presence only.</summary>
    private static StringMatch Header(Field match) =>
        match.Count == 0 || match["regex"].Text == "*" ? new StringMatch { Present = true } : Condition(match);

    internal static StringMatch Condition(Field match)
    {
        if (match["exact"].Exists)
        {
            return new StringMatch { Exact = match["exact"].Text };
        }
        return match["prefix"].Exists ? new StringMatch { Prefix = match["prefix"].Text } : new StringMatch { Regex = match["regex"].Text };
    }
}
