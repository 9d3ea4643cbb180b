using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;

namespace Weft.World.DataPath;

/// <summary>Policies of routes and workloads that answer or steer by themselves, through two proxies.</summary>
public sealed class RoutePolicyTests
{
    private static readonly Action<RouteSet> Cors = set => set.VirtualHosts[0].Routes[0].Cors = new CorsPolicy
    {
        AllowOrigins = { new StringMatch { Exact = "https://shop.example" } },
        AllowMethods = { "GET", "PUT" },
        AllowHeaders = { "x-a" },
        ExposeHeaders = { "x-b" },
        MaxAge = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
        AllowCredentials = true,
    };

    [Fact]
    public async Task Cors_Preflight_IsAnsweredByTheProxy()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, routes: Cors);
        await client.SendAsync("OPTIONS /a HTTP/1.1\r\nHost: api.default:9080\r\nOrigin: https://shop.example\r\nAccess-Control-Request-Method: PUT\r\n\r\n");
        string head = (await client.ReadAnswerAsync()).Head;
        Assert.StartsWith("HTTP/1.1 200 ", head);
        Assert.Contains("access-control-allow-origin: https://shop.example\r\n", head);
        Assert.Contains("access-control-allow-methods: GET,PUT\r\n", head);
        Assert.Contains("access-control-max-age: 3600\r\n", head);
        Assert.Equal(0, origin.Accepted);
    }

    [Fact]
    public async Task Cors_ActualRequest_GetsTheFieldsWithItsAnswer()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, routes: Cors);
        foreach ((string from, bool allowed) in new[] { ("https://shop.example", true), ("https://evil.example", false) })
        {
            await client.GetAsync("/a", $"Origin: {from}\r\n");
            string head = (await client.ReadAnswerAsync()).Head;
            Assert.StartsWith("HTTP/1.1 200 ", head);
            Assert.True(allowed == head.Contains("access-control-allow-origin: https://shop.example\r\n", StringComparison.Ordinal), head);
            Assert.Equal(allowed, head.Contains("access-control-expose-headers: x-b", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Session_ByCookie_IsGivenOnceAndKept()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, routes: set => set.VirtualHosts[0].Routes[0].Forward.Session =
            new SessionPersistence { Cookie = new Cookie { Name = "stay", Path = "/" }, Strict = true });
        await client.GetAsync("/");
        string head = (await client.ReadAnswerAsync()).Head;
        int at = head.IndexOf("set-cookie: stay=", StringComparison.Ordinal);
        Assert.True(at > 0, head);
        string value = head[(at + "set-cookie: ".Length)..].Split(';')[0];
        await client.GetAsync("/", $"Cookie: {value}\r\n");
        head = (await client.ReadAnswerAsync()).Head;
        Assert.StartsWith("HTTP/1.1 200 ", head);
        Assert.DoesNotContain("set-cookie", head, StringComparison.Ordinal);
        await client.GetAsync("/", "Cookie: stay=31302e302e302e393a31\r\n"); // 10.0.0.9:1, which does not serve
        Assert.StartsWith("HTTP/1.1 503 ", (await client.ReadAnswerAsync()).Head);
    }

    [Fact]
    public async Task HashCookie_IsMadeOnceWithItsAttributes()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, routes: set => set.VirtualHosts[0].Routes[0].Forward.HashKeys.Add(new HashKey
        {
            Cookie = new Cookie { Name = "u", Ttl = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)), Attributes = { new HeaderField { Name = "SameSite", Value = "Lax" } } },
        }));
        await client.GetAsync("/");
        Assert.Matches("set-cookie: u=[0-9a-f]{16}; Max-Age=60; SameSite=Lax; HttpOnly", (await client.ReadAnswerAsync()).Head);
        await client.GetAsync("/", "Cookie: u=0123456789abcdef\r\n");
        Assert.DoesNotContain("set-cookie", (await client.ReadAnswerAsync()).Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RateLimit_UsedUp_Answers429WithATime()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, workload => workload.RateLimits.Add(new RateLimit
        {
            Requests = 2, Per = Duration.FromTimeSpan(TimeSpan.FromHours(1)), Header = "x-user",
            Matches = { new RouteMatch { Path = new StringMatch { Prefix = "/limited" } } },
        }));
        foreach ((string path, string user, int status) in new[]
        {
            ("/limited/a", "anna", 200), ("/limited/b", "anna", 200), ("/limited/c", "anna", 429), ("/limited/c", "berta", 200), ("/free", "anna", 200),
        })
        {
            await client.GetAsync(path, $"X-User: {user}\r\n");
            string head = (await client.ReadAnswerAsync()).Head;
            Assert.StartsWith($"HTTP/1.1 {status} ", head);
            Assert.Equal(status == 429, head.Contains("retry-after: ", StringComparison.Ordinal));
        }
    }

    /// <summary>The second version does not exist here: who is drawn to it sees 503, and stays with that.</summary>
    [Fact]
    public async Task Split_ByCookie_KeepsAUserWithItsVersion()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, routes: set =>
        {
            Forward forward = set.VirtualHosts[0].Routes[0].Forward;
            forward.Clusters[0].Weight = 50;
            forward.Clusters.Add(new WeightedCluster { Cluster = "v2", Weight = 50, InvalidStatus = 418 });
            forward.SplitKeys.Add(new HashKey { Cookie = new Cookie { Name = "ab", Ttl = Duration.FromTimeSpan(TimeSpan.FromHours(1)) } });
        });
        string value = "";
        for (int i = 0; value.Length == 0 && i < 50; i++)
        {
            await client.GetAsync("/");
            string head = (await client.ReadAnswerAsync()).Head;
            int at = head.IndexOf("set-cookie: ab=", StringComparison.Ordinal);
            value = at < 0 ? "" : head[(at + "set-cookie: ".Length)..].Split(';')[0];
        }

        Assert.NotEmpty(value);
        for (int i = 0; i < 20; i++)
        {
            await client.GetAsync("/", $"Cookie: {value}\r\n");
            string head = (await client.ReadAnswerAsync()).Head;
            Assert.StartsWith("HTTP/1.1 200 ", head);
            Assert.DoesNotContain("set-cookie", head, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Token_Checked_GivesPolicyItsPrincipalAndTheApplicationItsClaims()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using var issuer = new TokenIssuer();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, workload =>
        {
            workload.JwtIssuers.Add(new JwtIssuer
            {
                Issuer = TokenIssuer.Name, Jwks = issuer.Jwks, PayloadHeader = "x-payload", ClaimToHeaders = { new HeaderField { Name = "x-group", Value = "group" } },
            });
            workload.Authorization.Add(new AuthorizationRules
            {
                HasAllowList = true,
                Allow = { new AuthorizationPolicy { Rules = { new AuthorizationRule { From = { new AuthorizationSource { RequestPrincipals = { new StringMatch { Exact = $"{TokenIssuer.Name}/anna" } } } } } } } },
            });
        });
        foreach ((string token, int status) in new[]
        {
            (issuer.Make("anna"), 200), (issuer.Make("berta"), 403), (issuer.Make("anna", expires: 1), 401), (issuer.Make("anna")[..^4] + "AAAA", 401), ("", 403),
        })
        {
            await client.GetAsync("/", token.Length > 0 ? $"Authorization: Bearer {token}\r\nX-Group: forged\r\n" : "X-Group: forged\r\n");
            (string head, string body) = await client.ReadAnswerAsync();
            Assert.StartsWith($"HTTP/1.1 {status} ", head);
            if (status == 200)
            {
                Assert.Contains("x-group: staff", body);
                Assert.Contains("x-payload: ", body);
                Assert.DoesNotContain("forged", body);
                Assert.DoesNotContain("Bearer", body);
            }
        }
    }
}
