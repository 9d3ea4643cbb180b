using System.Collections.Immutable;
using System.Text;
using Weft.Policy.Matching;

namespace Weft.Policy.Routing;

/// <summary>A route that was tried before the one that decided, and why it did not.</summary>
public sealed record RouteTried(RouteModel Route, MatchModel Match, string Why)
{
    public override string ToString() => $"{Route.Origin} does not match: {Why}.";
}

/// <summary>
/// The decision about a request with nothing drawn: percentages and weights are read off <see cref="Route"/>. Found by trying every route in order
/// with the same conditions that the live path tries through its index.
/// </summary>
public sealed class RouteExplanation
{
    private RouteExplanation(VirtualHostModel? host, RouteModel? route, MatchModel? match, ImmutableArray<RouteTried> tried)
    {
        VirtualHost = host;
        Route = route;
        Match = match;
        Tried = tried;
    }

    /// <summary>Null: no virtual host has that name.</summary>
    public VirtualHostModel? VirtualHost { get; }

    /// <summary>Null: no route matches.</summary>
    public RouteModel? Route { get; }

    public MatchModel? Match { get; }

    /// <summary>In order, one entry per match that did not hold.</summary>
    public ImmutableArray<RouteTried> Tried { get; }

    internal static RouteExplanation NoHost { get; } = new(null, null, null, []);

    internal static RouteExplanation Of<T>(VirtualHostModel host, ref T facts)
        where T : IRequestFacts, allows ref struct
    {
        var tried = ImmutableArray.CreateBuilder<RouteTried>();
        foreach (var route in host.Routes)
        {
            foreach (var match in route.Matches)
            {
                var mismatch = match.Try(ref facts);
                if (mismatch.IsMatch)
                {
                    return new RouteExplanation(host, route, match, tried.ToImmutable());
                }

                tried.Add(new RouteTried(route, match, Describe(match, mismatch, ref facts)));
            }
        }

        return new RouteExplanation(host, null, null, tried.ToImmutable());
    }

    private static string Describe<T>(MatchModel match, Mismatch mismatch, ref T facts)
        where T : IRequestFacts, allows ref struct
    {
        switch (mismatch.Part)
        {
            case MatchPart.Path:
                return $"path {Quote(facts.Path)} is not {match.Path}";
            case MatchPart.Method:
                return $"method {Quote(facts.Method)} is not {match.Method}";
            case MatchPart.Scheme:
                return $"scheme {Quote(facts.Scheme)} is not {match.Scheme}";
            case MatchPart.Authority:
                return $"authority {Quote(facts.Authority)} is not {match.Authority}";
            case MatchPart.Header:
                var header = match.Headers[mismatch.Index];
                return Field("header", header, facts.TryGetHeader(header.Name.Span, out var value), value);
            case MatchPart.Query:
                var parameter = match.Query[mismatch.Index];
                return Field("query parameter", parameter, QueryString.TryGet(facts.Query, parameter.Name.Span, out value), value);
            case MatchPart.Claim:
                var claim = match.Claims[mismatch.Index];
                return Field("claim", claim, facts.TryGetClaim(claim.Name.Span, 0, out value), value);
            default:
                return "one of its conditions cannot be read";
        }
    }

    private static string Field(string kind, FieldMatcher field, bool found, ReadOnlySpan<byte> value) => found
        ? $"{kind} {field.Name} {Quote(value)} is not {field.Value}"
        : $"{kind} {field.Name} is missing, not {field.Value}";

    private static string Quote(ReadOnlySpan<byte> text) => $"'{Encoding.UTF8.GetString(text)}'";
}
