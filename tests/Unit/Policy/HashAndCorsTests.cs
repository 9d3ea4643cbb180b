using System.Text;
using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Routing;

namespace Weft.Unit.Policy;

public sealed class HashAndCorsTests
{
    [Theory]
    [InlineData("x-user: a", "x-user: a", true)]
    [InlineData("x-user: a", "x-user: b", false)]
    public void Hash_ByHeader_IsThatOfItsValue(string one, string other, bool same) =>
        Assert.Equal(same, Hash(new HashKey { Header = "X-User" }, RequestSample.Of("GET /", one)) == Hash(new HashKey { Header = "X-User" }, RequestSample.Of("GET /", other)));

    [Fact]
    public void Hash_WithoutItsKey_IsNone() => Assert.Null(Hash(new HashKey { Header = "x-user" }, RequestSample.Of("GET /")));

    [Fact]
    public void Hash_ByQueryAndAddress_TakesBoth()
    {
        HashKeysModel keys = HashKeysModel.Compile([new HashKey { Query = "id" }, new HashKey { SourceAddress = true }]);
        Assert.True(IpValue.TryParse("10.0.0.1", out IpValue here));
        Assert.True(IpValue.TryParse("10.0.0.2", out IpValue there));
        Assert.True(keys.TryHash(RequestSample.Of("GET /?id=1"), here, 0, out ulong a, out _));
        Assert.True(keys.TryHash(RequestSample.Of("GET /?id=1"), there, 0, out ulong b, out _));
        Assert.True(keys.TryHash(RequestSample.Of("GET /?id=2"), here, 0, out ulong c, out _));
        Assert.Equal(3, new[] { a, b, c }.Distinct().Count());
    }

    /// <summary>The cookie that is made must bring the next request to the same place.</summary>
    [Fact]
    public void Hash_CookieThatWasMade_HashesAlikeWhenItComesBack()
    {
        HashKeysModel keys = HashKeysModel.Compile([new HashKey { Cookie = new Cookie { Name = "c", Ttl = new Duration() } }]);
        Assert.True(keys.TryHash(RequestSample.Of("GET /"), default, 77, out ulong first, out CookieModel? made));
        Assert.Equal("c", made?.Name.Text);
        Span<byte> value = stackalloc byte[16];
        HashKeysModel.WriteCookieValue(77, value);
        Assert.True(keys.TryHash(RequestSample.Of("GET /", $"cookie: a=b; c={Encoding.ASCII.GetString(value)}"), default, 5, out ulong second, out made));
        Assert.Null(made);
        Assert.Equal(first, second);
    }

    [Fact]
    public void Hash_CookieWithoutALifetime_IsNeverMade()
    {
        HashKeysModel keys = HashKeysModel.Compile([new HashKey { Cookie = new Cookie { Name = "c" } }]);
        keys.TryHash(RequestSample.Of("GET /"), default, 77, out _, out CookieModel? made);
        Assert.Null(made);
    }

    /// <summary>Method, request fields, the policy's "forward unmatched", and what is decided.</summary>
    public static TheoryData<string, string[], bool, CorsKind, bool> Requests() => new()
    {
        { "GET", [], true, CorsKind.Pass, false },
        { "GET", ["origin: https://a.example"], true, CorsKind.Actual, true },
        { "GET", ["origin: https://b.example"], true, CorsKind.Pass, false },
        { "OPTIONS", ["origin: https://a.example"], true, CorsKind.Actual, true },
        { "OPTIONS", ["origin: https://a.example", "access-control-request-method: PUT"], true, CorsKind.AnswerPreflight, true },
        { "OPTIONS", ["origin: https://b.example", "access-control-request-method: PUT"], true, CorsKind.Pass, false },
        { "OPTIONS", ["origin: https://b.example", "access-control-request-method: PUT"], false, CorsKind.AnswerPreflight, false },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void Cors_Request_IsDecidedByOriginAndKind(string method, string[] fields, bool forward, CorsKind kind, bool allowed)
    {
        var decision = Model(new CorsPolicy { AllowOrigins = { new StringMatch { Exact = "https://a.example" } }, ForwardUnmatchedPreflights = forward }).Decide(RequestSample.Of($"{method} /", fields));
        Assert.Equal((kind, allowed), (decision.Kind, decision.OriginAllowed));
    }

    /// <summary>Fetch §3.2.5: with credentials a star names nothing, so what was asked for is spelled out.</summary>
    [Fact]
    public void Cors_StarWithCredentials_IsSpelledOut()
    {
        var policy = new CorsPolicy { AllowOrigins = { new StringMatch { Present = true } }, AllowCredentials = true, AllowMethods = { "*" }, AllowHeaders = { "*" } };
        var decision = Model(policy).Decide(RequestSample.Of("OPTIONS /", "origin: https://a.example", "access-control-request-method: PUT", "access-control-request-headers: x-a"));
        List<string> lines = [];
        for (int i = 0; decision.TryGetField(i, out var name, out var value); i++)
        {
            lines.Add($"{Encoding.ASCII.GetString(name)}: {Encoding.ASCII.GetString(value)}");
        }

        Assert.Contains("access-control-allow-methods: PUT", lines);
        Assert.Contains("access-control-allow-headers: x-a", lines);
        Assert.Contains("access-control-allow-credentials: true", lines);
    }

    private static CorsModel Model(CorsPolicy policy) =>
        RouteTable.Compile(new RouteSet { VirtualHosts = { new VirtualHost { Hosts = { "*" }, Routes = { new Route { Cors = policy } } } } }).VirtualHosts[0].Routes[0].Cors!;

    private static ulong? Hash(HashKey key, RequestSample request) => HashKeysModel.Compile([key]).TryHash(request, default, 1, out ulong hash, out _) ? hash : null;
}
