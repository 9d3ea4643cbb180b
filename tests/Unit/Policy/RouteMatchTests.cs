using System.Text;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Routing;

namespace Weft.Unit.Policy;

public sealed class RouteMatchTests
{
    public static TheoryData<string, string, string, bool> PathCases { get; } = new()
    {
        // condition, operand, path, matches
        { "exact", "/a", "/a", true },
        { "exact", "/a", "/a/", false },
        { "exact", "/a", "/A", false },
        { "iexact", "/a", "/A", true },
        { "exact", "/a/b", "/a", false },
        { "prefix", "/foo", "/foobar", true },
        { "prefix", "/foo", "/fo", false },
        { "iprefix", "/FOO", "/foobar", true },
        { "segment", "/foo", "/foo", true },
        { "segment", "/foo", "/foo/", true },
        { "segment", "/foo", "/foo/bar", true },
        { "segment", "/foo", "/foobar", false },
        { "segment", "/foo/", "/foo", true },
        { "segment", "/", "/anything", true },
        { "isegment", "/Foo", "/fOO/x", true },
        { "suffix", ".png", "/x.png", true },
        { "suffix", ".png", "/x.PNG", false },
        { "isuffix", ".png", "/x.PNG", true },
        { "regex", "/v[12]/.*", "/v2/x", true },
        { "regex", "/v[12]", "/v1/x", false },
        { "regex", "/a|/b", "/b", true },
        { "regex", "/ab?", "/a\n", false },
        { "notexact", "/a", "/a", false },
        { "notexact", "/a", "/b", true },
        { "notregex", "/a.*", "/abc", false },
        { "present", "", "/", true },
    };

    public static TheoryData<string, bool, bool, string, bool> HeaderCases { get; } = new()
    {
        // "condition operand", inverted, missing is empty, header value ("-": none), matches
        { "exact x", false, false, "x", true },
        { "exact x", false, false, "X", false },
        { "exact x", false, false, "-", false },
        { "exact x", true, false, "y", true },
        { "exact x", true, false, "-", false },
        { "exact x", true, true, "-", true },
        { "exact ", false, true, "-", true },
        { "exact a,b", false, false, "a,b", true },
        { "present", false, false, "", true },
        { "present", false, false, "-", false },
        { "present", true, false, "-", true },
        { "present", true, true, "-", true },
        { "present", true, true, "x", false },
        { "absent", false, false, "-", true },
        { "absent", false, false, "x", false },
        { "prefix a", false, false, "abc", true },
        { "regex a.*", true, false, "b", true },
        { "regex a.*", true, true, "-", true },
        { "regex .*", true, true, "-", false },
    };

    [Theory]
    [MemberData(nameof(PathCases))]
    public void Path_Condition_MatchesAsWritten(string condition, string operand, string path, bool matches)
    {
        var table = Tables.One(new RouteMatch { Path = Tables.Text(condition, operand) });
        Assert.Equal(matches, table.Decide(RequestSample.Of("GET " + path), 0).Outcome is RouteOutcome.Forward);
    }

    [Theory]
    [MemberData(nameof(HeaderCases))]
    public void Header_Condition_MatchesAsWritten(string condition, bool invert, bool missingIsEmpty, string value, bool matches)
    {
        int space = condition.IndexOf(' ', StringComparison.Ordinal);
        var text = space < 0 ? Tables.Text(condition, string.Empty) : Tables.Text(condition[..space], condition[(space + 1)..]);
        text.Invert = invert;
        var table = Tables.One(new RouteMatch { Headers = { new HeaderMatch { Name = "x-test", Value = text, MissingIsEmpty = missingIsEmpty } } });
        var request = value == "-" ? RequestSample.Of("GET /") : RequestSample.Of("GET /", "x-test: " + value);
        Assert.Equal(matches, table.Decide(request, 0).Outcome is RouteOutcome.Forward);
    }

    [Fact]
    public void Header_RepeatedField_ComparesJoined()
    {
        var table = Tables.One(new RouteMatch { Headers = { new HeaderMatch { Name = "x-test", Value = Tables.Text("exact", "a,b") } } });
        Assert.Equal(RouteOutcome.Forward, table.Decide(RequestSample.Of("GET /", "x-test: a", "x-test: b"), 0).Outcome);
        Assert.Equal(RouteOutcome.NoRoute, table.Decide(RequestSample.Of("GET /", "x-test: a"), 0).Outcome);
    }

    [Theory]
    [InlineData("animal=whale", true)]
    [InlineData("color=blue&animal=whale", true)]
    [InlineData("animal=dolphin&animal=whale", false)] // the first of several decides
    [InlineData("Animal=whale", false)]
    [InlineData("animal", false)]
    [InlineData("", false)]
    public void Query_Exact_MatchesFirstParameter(string query, bool matches)
    {
        var table = Tables.One(new RouteMatch { Query = { new HeaderMatch { Name = "animal", Value = Tables.Text("exact", "whale") } } });
        Assert.Equal(matches, table.Decide(RequestSample.Of("GET /?" + query), 0).Outcome is RouteOutcome.Forward);
    }

    [Fact]
    public void Claim_List_MatchesAnyValueAndInvertedNone()
    {
        var some = Tables.One(new RouteMatch { Claims = { new HeaderMatch { Name = "groups", Value = Tables.Text("exact", "admin") } } });
        var none = Tables.One(new RouteMatch { Claims = { new HeaderMatch { Name = "groups", Value = Tables.Text("notexact", "admin") } } });
        var admin = RequestSample.Of("GET /").WithClaim("groups", "dev", "admin");
        var dev = RequestSample.Of("GET /").WithClaim("groups", "dev");
        Assert.Equal(RouteOutcome.Forward, some.Decide(admin, 0).Outcome);
        Assert.Equal(RouteOutcome.NoRoute, some.Decide(dev, 0).Outcome);
        Assert.Equal(RouteOutcome.NoRoute, none.Decide(admin, 0).Outcome);
        Assert.Equal(RouteOutcome.Forward, none.Decide(dev, 0).Outcome);
    }

    [Theory]
    [InlineData("a.com", "a.com", true)]
    [InlineData("a.com", "a.com:8080", true)] // written without a port: any port
    [InlineData("a.com:8080", "a.com:8080", true)]
    [InlineData("a.com:8080", "a.com", false)]
    public void Authority_Exact_KnowsPorts(string operand, string authority, bool matches)
    {
        var table = Tables.One(new RouteMatch { Authority = Tables.Text("exact", operand) });
        Assert.Equal(matches, table.Decide(RequestSample.Of($"GET http://{authority}/"), 0).Outcome is RouteOutcome.Forward);
    }

    [Fact]
    public void Conditions_AllOfOneMatch_MustHold()
    {
        var match = new RouteMatch
        {
            Path = Tables.Text("prefix", "/a"),
            Method = Tables.Text("exact", "POST"),
            Scheme = Tables.Text("exact", "https"),
            Headers = { new HeaderMatch { Name = "x", Value = Tables.Text("exact", "1") } },
            Query = { new HeaderMatch { Name = "q", Value = Tables.Text("exact", "2") } },
        };
        var table = Tables.One(match);
        Assert.Equal(RouteOutcome.Forward, table.Decide(RequestSample.Of("POST https://h/a?q=2", "x: 1"), 0).Outcome);
        foreach (string line in (string[])["GET https://h/a?q=2", "POST http://h/a?q=2", "POST https://h/b?q=2", "POST https://h/a?q=3"])
        {
            Assert.Equal(RouteOutcome.NoRoute, table.Decide(RequestSample.Of(line, "x: 1"), 0).Outcome);
        }

        Assert.Equal(RouteOutcome.NoRoute, table.Decide(RequestSample.Of("POST https://h/a?q=2", "x: 2"), 0).Outcome);
    }

    [Fact]
    public void Regex_Unreadable_NotedAndNeverMatches()
    {
        var problems = new List<PolicyProblem>();
        var set = Tables.Set(Tables.Route("bad", new RouteMatch { Path = Tables.Text("regex", "(") }), Tables.Route("good"));
        var decision = RouteTable.Compile(set, problems).Decide(RequestSample.Of("GET /("), 0);
        Assert.Equal("good", decision.Destination?.Cluster);
        Assert.Contains("RE2", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_RoutesBefore_SaysWhyEachDidNotMatch()
    {
        var table = RouteTable.Compile(Tables.Set(
            Tables.Route("a", new RouteMatch { Path = Tables.Text("exact", "/a") }),
            Tables.Route("b", new RouteMatch { Headers = { new HeaderMatch { Name = "end-user", Value = Tables.Text("exact", "jason") } } }),
            Tables.Route("c")));
        var explanation = table.Explain(RequestSample.Of("GET /x"));
        Assert.Equal("c", explanation.Route?.Forward?.Destinations[0].Cluster);
        Assert.Equal(
            ["path '/x' is not '/a'", "header end-user is missing, not 'jason'"],
            explanation.Tried.Select(t => t.Why));
        Assert.Equal("VirtualService default/reviews a does not match: path '/x' is not '/a'.", explanation.Tried[0].ToString());
    }
}

/// <summary>Route sets for tests.</summary>
internal static class Tables
{
    public static RouteTable One(RouteMatch match) => RouteTable.Compile(Set(Route("a", match)));

    public static RouteSet Set(params Route[] routes) => new() { Name = "test", VirtualHosts = { new VirtualHost { Hosts = { "*" }, Routes = { routes } } } };

    public static Route Route(string cluster, params RouteMatch[] matches) => new()
    {
        Origin = new Origin { Kind = "VirtualService", Namespace = "default", Name = "reviews", Field = cluster },
        Matches = { matches },
        Forward = new Forward { Clusters = { new WeightedCluster { Cluster = cluster, Weight = 1 } } },
    };

    public static StringMatch Text(string condition, string operand)
    {
        bool invert = condition.StartsWith("not", StringComparison.Ordinal);
        condition = invert ? condition[3..] : condition;
        bool ignoreCase = condition.StartsWith('i');
        var match = (ignoreCase ? condition[1..] : condition) switch
        {
            "exact" => new StringMatch { Exact = operand },
            "prefix" => new StringMatch { Prefix = operand },
            "suffix" => new StringMatch { Suffix = operand },
            "regex" => new StringMatch { Regex = operand },
            "segment" => new StringMatch { PathPrefix = operand },
            "absent" => new StringMatch { Present = false },
            _ => new StringMatch { Present = true },
        };
        match.IgnoreCase = ignoreCase;
        match.Invert = invert;
        return match;
    }

    public static string Location(RouteDecision decision, RequestSample request)
    {
        byte[] space = new byte[1024];
        Assert.True(decision.TryWriteLocation(request, space, out int written));
        return Encoding.UTF8.GetString(space, 0, written);
    }
}
