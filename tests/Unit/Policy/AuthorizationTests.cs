using Google.Protobuf;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Authorization;
using Weft.Primitives;

namespace Weft.Unit.Policy;

public sealed class AuthorizationTests
{
    private static readonly PeerFacts Sleep = new(SpiffeId.Create("cluster.local", "default", "sleep"));

    /// <summary>A rule as JSON, the request, and whether the rule matches it. The peer is cluster.local/ns/default/sa/sleep at 10.0.0.7.</summary>
    public static TheoryData<string, string, bool> Rules { get; } = new()
    {
        { "{}", "GET /", true },
        { """{"from":[{"principals":[{"exact":"cluster.local/ns/default/sa/sleep"}]}]}""", "GET /", true },
        { """{"from":[{"principals":[{"exact":"cluster.local/ns/default/sa/other"}]}]}""", "GET /", false },
        { """{"from":[{"principals":[{"exact":"x"}]},{"namespaces":[{"exact":"default"}]}]}""", "GET /", true },
        { """{"from":[{"principals":[{"present":true}],"namespaces":[{"exact":"other"}]}]}""", "GET /", false },
        { """{"from":[{"principals":[{"prefix":"cluster.local/ns/default/"}]}]}""", "GET /", true },
        { """{"from":[{"principals":[{"suffix":"/sa/sleep"}]}]}""", "GET /", true },
        { """{"from":[{"notPrincipals":[{"exact":"cluster.local/ns/default/sa/sleep"}]}]}""", "GET /", false },
        { """{"from":[{"notNamespaces":[{"exact":"other"}]}]}""", "GET /", true },
        { """{"from":[{"serviceAccounts":[{"exact":"default/sleep"}]}]}""", "GET /", true },
        { """{"from":[{"ipBlocks":["10.0.0.0/24"]}]}""", "GET /", true },
        { """{"from":[{"ipBlocks":["10.0.1.0/24","::/0"]}]}""", "GET /", true },
        { """{"from":[{"ipBlocks":["10.0.1.0/24"]}]}""", "GET /", false },
        { """{"from":[{"notIpBlocks":["10.0.0.7"]}]}""", "GET /", false },
        { """{"from":[{"remoteIpBlocks":["10.0.0.0/8"]}]}""", "GET /", false },
        { """{"from":[{"requestPrincipals":[{"present":true}]}]}""", "GET /", false },
        { """{"from":[{"notRequestPrincipals":[{"present":true}]}]}""", "GET /", true },
        { """{"to":[{"methods":[{"exact":"GET"}],"paths":[{"prefix":"/info"}]}]}""", "GET /info/x", true },
        { """{"to":[{"methods":[{"exact":"GET"}],"paths":[{"prefix":"/info"}]}]}""", "POST /info/x", false },
        { """{"to":[{"methods":[{"exact":"POST"}]},{"paths":[{"suffix":".html"}]}]}""", "GET /x.html", true },
        { """{"to":[{"notPaths":[{"exact":"/healthz"}]}]}""", "GET /healthz", false },
        { """{"to":[{"notMethods":[{"exact":"GET"}]}]}""", "POST /", true },
        { """{"to":[{"paths":[{"exact":"/A"}]}]}""", "GET /a", false },
        { """{"to":[{"hosts":[{"exact":"a.com","ignoreCase":true}]}]}""", "GET http://a.com:8080/", true },
        { """{"to":[{"hosts":[{"suffix":".a.com","ignoreCase":true}]}]}""", "GET http://a.com/", false },
        { """{"to":[{"notHosts":[{"exact":"a.com"}]}]}""", "GET http://a.com:81/", false },
        { """{"to":[{"ports":[9080]}]}""", "GET /", true },
        { """{"to":[{"ports":[80]}]}""", "GET /", false },
        { """{"to":[{"notPorts":[9080]}]}""", "GET /", false },
        { """{"from":[{"namespaces":[{"exact":"default"}]}],"to":[{"methods":[{"exact":"POST"}]}]}""", "GET /", false },
        { """{"when":[{"key":"request.headers[X-Token]","values":[{"exact":"a"},{"exact":"b"}]}]}""", "GET / x-token:b", true },
        { """{"when":[{"key":"request.headers[X-Token]","values":[{"exact":"a"}]}]}""", "GET /", false },
        { """{"when":[{"key":"request.headers[x-token]","notValues":[{"exact":"a"}]}]}""", "GET /", true },
        { """{"when":[{"key":"request.headers[x-token]","notValues":[{"present":true}]}]}""", "GET / x-token:", false },
        { """{"when":[{"key":"source.ip","values":[{"exact":"10.0.0.0/24"}]}]}""", "GET /", true },
        { """{"when":[{"key":"source.namespace","values":[{"exact":"default"}]},{"key":"destination.port","values":[{"exact":"9080"}]}]}""", "GET /", true },
        { """{"when":[{"key":"source.namespace","values":[{"exact":"default"}]},{"key":"destination.port","notValues":[{"exact":"9080"}]}]}""", "GET /", false },
        { """{"when":[{"key":"source.trustDomain","values":[{"exact":"cluster.local"}]}]}""", "GET /", true },
        { """{"when":[{"key":"connection.sni","values":[{"suffix":".weft"}]}]}""", "GET /", true },
        { """{"when":[{"key":"request.auth.claims[groups]","values":[{"exact":"admin"}]}]}""", "GET / claim:groups=dev|admin", true },
        { """{"when":[{"key":"request.auth.claims[realm][roles]","values":[{"exact":"dev"}]}]}""", "GET / claim:realm.roles=dev", true },
        { """{"when":[{"key":"request.auth.claims[groups]","notValues":[{"exact":"admin"}]}]}""", "GET / claim:groups=dev|admin", false },
        { """{"when":[{"key":"request.auth.claims[groups]","values":[{"exact":"admin"}]}]}""", "GET /", false },
        { """{"when":[{"key":"request.auth.audiences","values":[{"exact":"shop"}]}]}""", "GET / claim:aud=shop", true },
    };

    private static ConnectionFacts Connection => new(Sleep, Ip("10.0.0.7"), Ip("192.0.2.1"), Ip("10.0.0.9"), 9080, new Utf8Text("p9080.weft"));

    [Theory]
    [MemberData(nameof(Rules))]
    public void Rule_Parts_MatchAsIstioReadsThem(string json, string request, bool matches)
    {
        var problems = new List<PolicyProblem>();
        var allow = AuthorizationTable.Compile("w", [new AuthorizationRules { Dialect = "istio", HasAllowList = true, Allow = { Policy(json) } }], problems);
        var deny = AuthorizationTable.Compile("w", [new AuthorizationRules { Dialect = "istio", Deny = { Policy(json) } }]);
        Assert.Empty(problems);
        Assert.Equal(matches, allow.Decide(Request(request), Connection).Allowed);
        Assert.Equal(!matches, deny.Decide(Request(request), Connection).Allowed);
    }

    [Fact]
    public void Anonymous_Peer_MatchesOnlyNegations()
    {
        var plain = Connection with { Peer = null };
        Assert.False(Allow("""{"from":[{"principals":[{"present":true}]}]}""").Decide(Request("GET /"), plain).Allowed);
        Assert.True(Allow("""{"from":[{"notPrincipals":[{"exact":"x"}]}]}""").Decide(Request("GET /"), plain).Allowed);
    }

    [Fact]
    public void Tables_Order_AnyDenyDeniesAndEveryListMustAllow()
    {
        var get = Policy("""{"to":[{"methods":[{"exact":"GET"}]}]}""");
        var admin = Policy("""{"to":[{"paths":[{"prefix":"/admin"}]}]}""");
        AuthorizationRules[] rules =
        [
            new() { Dialect = "istio", HasAllowList = true, Allow = { Policy("{}") } },
            new() { Dialect = "linkerd", HasAllowList = true, Allow = { get }, Deny = { admin } },
            new() { Dialect = "consul" },
        ];
        var table = AuthorizationTable.Compile("w", rules);
        Assert.True(table.Decide(Request("GET /"), Connection).Allowed);
        var post = table.Decide(Request("POST /"), Connection);
        Assert.Equal((AuthorizationReason.NoRuleAllows, "linkerd"), (post.Reason, post.Dialect));
        var denied = table.Decide(Request("GET /admin"), Connection);
        Assert.Equal((AuthorizationReason.DeniedByRule, 0, "linkerd"), (denied.Reason, denied.RuleIndex, denied.Dialect));
        Assert.Equal("AuthorizationPolicy default/x rule[0] denies it.", denied.ToString());
    }

    [Fact]
    public void NoPolicies_Everything_IsAllowed() =>
        Assert.Equal(AuthorizationReason.NoPolicy, AuthorizationTable.Open.Decide(Request("GET /"), Connection).Reason);

    [Fact]
    public void AllowList_Empty_AllowsNothing() =>
        Assert.False(AuthorizationTable.Compile("w", [new AuthorizationRules { HasAllowList = true }]).Decide(Request("GET /"), Connection).Allowed);

    [Fact]
    public void AllowPolicy_WithoutRules_NeverMatches()
    {
        var rules = new AuthorizationRules { HasAllowList = true, Allow = { new AuthorizationPolicy() } };
        Assert.False(AuthorizationTable.Compile("w", [rules]).Decide(Request("GET /"), Connection).Allowed);
        Assert.True(AuthorizationTable.Compile("w", [new AuthorizationRules { Deny = { new AuthorizationPolicy() } }]).Decide(Request("GET /"), Connection).Allowed);
    }

    [Theory]
    [InlineData("""{"to":[{"methods":[{"exact":"GET"}]}]}""", false, false)] // HTTP only: allow never matches, deny takes all
    [InlineData("""{"to":[{"methods":[{"exact":"GET"}],"ports":[9080]}]}""", false, false)]
    [InlineData("""{"to":[{"methods":[{"exact":"GET"}],"ports":[80]}]}""", false, true)]
    [InlineData("""{"to":[{"ports":[9080]}]}""", true, false)]
    [InlineData("""{"from":[{"namespaces":[{"exact":"default"}]}]}""", true, false)]
    [InlineData("""{"from":[{"requestPrincipals":[{"present":true}]}]}""", false, false)]
    [InlineData("""{"when":[{"key":"request.headers[x]","values":[{"exact":"1"}]}]}""", false, false)]
    [InlineData("""{"from":[{"remoteIpBlocks":["192.0.2.0/24"]}]}""", true, false)]
    public void Connection_HttpFields_AllowNeverMatchesAndDenyIgnoresThem(string rule, bool allowed, bool survivesDeny)
    {
        Assert.Equal(allowed, Allow(rule).DecideConnection(Connection).Allowed);
        Assert.Equal(survivesDeny, AuthorizationTable.Compile("w", [new AuthorizationRules { Deny = { Policy(rule) } }]).DecideConnection(Connection).Allowed);
    }

    [Theory]
    [InlineData("""{"to":[{"paths":[{"regex":"("}]}]}""")]
    [InlineData("""{"from":[{"ipBlocks":["10.0.0.0/33"]}]}""")]
    [InlineData("""{"when":[{"key":"experimental.envoy.filters.a","values":[{"exact":"x"}]}]}""")]
    [InlineData("""{"when":[{"key":"destination.port","values":[{"exact":"http"}]}]}""")]
    public void Policy_Unreadable_DeniesAndSaysWhy(string rule)
    {
        foreach (var rules in (AuthorizationRules[])[new() { HasAllowList = true, Allow = { Policy(rule), Policy("{}") } }, new() { Deny = { Policy(rule) } }])
        {
            var problems = new List<PolicyProblem>();
            var decision = AuthorizationTable.Compile("w", [rules], problems).Decide(Request("GET /nothing"), Connection);
            Assert.Equal(AuthorizationReason.BrokenPolicy, decision.Reason);
            Assert.Single(problems);
        }
    }

    [Fact]
    public void Policy_MarkedBroken_Denies()
    {
        var broken = new AuthorizationPolicy { Broken = true };
        Assert.Equal(
            AuthorizationReason.BrokenPolicy,
            AuthorizationTable.Compile("w", [new AuthorizationRules { Allow = { broken } }]).DecideConnection(Connection).Reason);
    }

    [Fact]
    public void DryRun_Denial_IsToldNotEnforced()
    {
        var deny = Policy("{}");
        deny.DryRun = true;
        var decision = AuthorizationTable.Compile("w", [new AuthorizationRules { Dialect = "istio", Deny = { deny } }]).Decide(Request("GET /"), Connection);
        Assert.True(decision.Allowed);
        Assert.Equal("AuthorizationPolicy default/x", decision.Shadow?.Policy?.Origin.ToString());
    }

    [Fact]
    public void DryRun_AllowList_IsToldNotEnforced()
    {
        var allow = Policy("""{"to":[{"methods":[{"exact":"POST"}]}]}""");
        allow.DryRun = true;
        var table = AuthorizationTable.Compile("w", [new AuthorizationRules { Dialect = "istio", HasAllowList = true, Allow = { allow } }]);
        Assert.Equal((true, true), (table.Decide(Request("GET /"), Connection).Allowed, table.Decide(Request("GET /"), Connection).Shadow is not null));
        Assert.Null(table.Decide(Request("POST /"), Connection).Shadow);
    }

    [Fact]
    public void Audit_Match_IsNamedAndDecidesNothing()
    {
        var table = AuthorizationTable.Compile("w", [new AuthorizationRules { Audit = { Policy("{}") } }]);
        var decision = table.Decide(Request("GET /"), Connection);
        Assert.True(decision.Allowed);
        Assert.NotNull(decision.Audit);
    }

    [Fact]
    public void Decide_Warm_AllocatesNothing()
    {
        var rules = Enumerable.Range(0, 100).Select(i => Policy($$"""{"from":[{"principals":[{"exact":"p{{i}}"},{"prefix":"q{{i}}"}]}],"to":[{"paths":[{"regex":"/a{{i}}/.*"}]}]}"""));
        var table = AuthorizationTable.Compile("w", [new AuthorizationRules { HasAllowList = true, Allow = { rules, Policy("{}") } }]);
        var request = Request("GET /a/b/c");
        var connection = Connection;
        Assert.True(table.Decide(request, connection).Allowed);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            _ = table.Decide(request, connection);
        }

        Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static AuthorizationTable Allow(string rule) =>
        AuthorizationTable.Compile("w", [new AuthorizationRules { Dialect = "istio", HasAllowList = true, Allow = { Policy(rule) } }]);

    private static AuthorizationPolicy Policy(string rule) => new()
    {
        Origin = new Origin { Kind = "AuthorizationPolicy", Namespace = "default", Name = "x" },
        Rules = { JsonParser.Default.Parse<AuthorizationRule>(rule) },
    };

    private static IpValue Ip(string text) => IpValue.TryParse(text, out var ip) ? ip : throw new ArgumentException(text);

    /// <summary>"GET /path name:value claim:name=a|b".</summary>
    private static RequestSample Request(string text)
    {
        string[] parts = text.Split(' ');
        var request = RequestSample.Of($"{parts[0]} {parts[1]}", [.. parts.Skip(2).Where(p => !p.StartsWith("claim:", StringComparison.Ordinal))]);
        foreach (string claim in parts.Where(p => p.StartsWith("claim:", StringComparison.Ordinal)))
        {
            string[] sides = claim["claim:".Length..].Split('=');
            request.WithClaim(sides[0], sides[1].Split('|'));
        }

        return request;
    }
}
