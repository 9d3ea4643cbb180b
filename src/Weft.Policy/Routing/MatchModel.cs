using System.Collections.Immutable;
using System.Text;
using Weft.Model.V1;
using Weft.Policy.Matching;

namespace Weft.Policy.Routing;

/// <summary>Which condition of a match did not hold.</summary>
public enum MatchPart : byte
{
    None,
    Path,
    Method,
    Scheme,
    Authority,
    Header,
    Query,
    Claim,
    Broken,
}

/// <summary>The first condition that did not hold; <see cref="MatchPart.None"/> means that all did.</summary>
public readonly record struct Mismatch(MatchPart Part, int Index)
{
    public bool IsMatch => Part is MatchPart.None;
}

/// <summary>One compiled match of a route: all of its conditions must hold. Immutable.</summary>
public sealed class MatchModel
{
    private readonly bool _broken;
    private readonly bool _authorityHasPort;

    internal MatchModel(RouteMatch match, string field, ProblemSink problems)
    {
        int before = problems.Count;
        Name = match.Name;
        Path = match.Path is null ? null : TextMatcher.Compile(match.Path, $"{field}.path", problems);
        Method = match.Method is null ? null : TextMatcher.Compile(match.Method, $"{field}.method", problems);
        Scheme = match.Scheme is null ? null : TextMatcher.Compile(match.Scheme, $"{field}.scheme", problems);
        Authority = match.Authority is null ? null : TextMatcher.Compile(match.Authority, $"{field}.authority", problems);
        Headers = Fields(match.Headers, true, $"{field}.headers", problems);
        Query = Fields(match.Query, false, $"{field}.query", problems);
        Claims = Fields(match.Claims, false, $"{field}.claims", problems);
        _authorityHasPort = Authority is { Kind: TextMatchKind.Regex } || Authority?.Written.Contains(':', StringComparison.Ordinal) == true;
        _broken = problems.Count != before;
    }

    /// <summary>Every request.</summary>
    public static MatchModel Any { get; } = new(new RouteMatch(), string.Empty, new ProblemSink(string.Empty, null));

    /// <summary>The matches of a route that names none.</summary>
    internal static ImmutableArray<MatchModel> OnlyAny { get; } = [Any];

    public string Name { get; }

    public TextMatcher? Path { get; }

    public TextMatcher? Method { get; }

    public TextMatcher? Scheme { get; }

    public TextMatcher? Authority { get; }

    public ImmutableArray<FieldMatcher> Headers { get; }

    public ImmutableArray<FieldMatcher> Query { get; }

    public ImmutableArray<FieldMatcher> Claims { get; }

    /// <summary>Tries the conditions, cheapest first. The live path and explain both ask here.</summary>
    public Mismatch Try<T>(ref T facts)
        where T : IRequestFacts, allows ref struct
    {
        if (_broken)
        {
            return new Mismatch(MatchPart.Broken, 0); // a condition that cannot be read never holds
        }

        if (Path is not null && !Path.Matches(facts.Path))
        {
            return new Mismatch(MatchPart.Path, 0);
        }

        if (Method is not null && !Method.Matches(facts.Method))
        {
            return new Mismatch(MatchPart.Method, 0);
        }

        if (Scheme is not null && !Scheme.Matches(facts.Scheme))
        {
            return new Mismatch(MatchPart.Scheme, 0);
        }

        if (Authority is not null && !Authority.Matches(facts.Authority)
            && (_authorityHasPort || !Authority.Matches(AuthorityText.Host(facts.Authority))))
        {
            return new Mismatch(MatchPart.Authority, 0);
        }

        return TryFields(ref facts);
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        Append(text, "path", Path);
        Append(text, "method", Method);
        Append(text, "scheme", Scheme);
        Append(text, "authority", Authority);
        Append(text, "header ", Headers);
        Append(text, "query ", Query);
        Append(text, "claim ", Claims);
        return text.Length == 0 ? "every request" : text.ToString();
    }

    private Mismatch TryFields<T>(ref T facts)
        where T : IRequestFacts, allows ref struct
    {
        for (int i = 0; i < Headers.Length; i++)
        {
            bool found = facts.TryGetHeader(Headers[i].Name.Span, out var value);
            if (!Headers[i].Matches(found, value))
            {
                return new Mismatch(MatchPart.Header, i);
            }
        }

        for (int i = 0; i < Query.Length; i++)
        {
            bool found = QueryString.TryGet(facts.Query, Query[i].Name.Span, out var value);
            if (!Query[i].Matches(found, value))
            {
                return new Mismatch(MatchPart.Query, i);
            }
        }

        for (int i = 0; i < Claims.Length; i++)
        {
            if (!MatchesClaim(Claims[i], ref facts))
            {
                return new Mismatch(MatchPart.Claim, i);
            }
        }

        return default;
    }

    /// <summary>A claim with several values holds when one of them does; inverted, when none does.</summary>
    private static bool MatchesClaim<T>(FieldMatcher matcher, ref T facts)
        where T : IRequestFacts, allows ref struct
    {
        bool invert = matcher.Value.Invert;
        int index = 0;
        for (; facts.TryGetClaim(matcher.Name.Span, index, out var value); index++)
        {
            if (matcher.Value.Matches(value) != invert)
            {
                return !invert;
            }
        }

        return index == 0 ? matcher.Matches(false, default) : invert;
    }

    private static ImmutableArray<FieldMatcher> Fields(IEnumerable<HeaderMatch> matches, bool foldNames, string field, ProblemSink problems) =>
        [.. matches.Select(m => FieldMatcher.Compile(m, foldNames, field, problems)).OfType<FieldMatcher>()];

    private static void Append(StringBuilder text, string name, TextMatcher? matcher)
    {
        if (matcher is not null)
        {
            text.Append(text.Length == 0 ? string.Empty : " and ").Append(name).Append(' ').Append(matcher);
        }
    }

    private static void Append(StringBuilder text, string name, ImmutableArray<FieldMatcher> matchers)
    {
        foreach (var matcher in matchers)
        {
            text.Append(text.Length == 0 ? string.Empty : " and ").Append(name).Append(matcher);
        }
    }
}
