using System.Text;
using Weft.Model.V1;
using Weft.Policy.Tokens;
using Weft.World.DataPath;

namespace Weft.Unit.Policy;

public sealed class TokenTests : IDisposable
{
    private const long Now = 2_000_000_000;
    private readonly TokenIssuer _issuer = new();

    public void Dispose() => _issuer.Dispose();

    /// <summary>How the token is made, and what becomes of it: 0 is admitted.</summary>
    [Theory]
    [InlineData("RS256", TokenIssuer.Name, "shop", 4_000_000_000, 0)]
    [InlineData("PS256", TokenIssuer.Name, "shop", 4_000_000_000, 0)]
    [InlineData("ES256", TokenIssuer.Name, "shop", 4_000_000_000, 0)]
    [InlineData("HS256", TokenIssuer.Name, "shop", 4_000_000_000, 401)]
    [InlineData("none", TokenIssuer.Name, "shop", 4_000_000_000, 401)]
    [InlineData("RS256", "https://other.example", "shop", 4_000_000_000, 401)]
    [InlineData("RS256", TokenIssuer.Name, "elsewhere", 4_000_000_000, 403)]
    [InlineData("RS256", TokenIssuer.Name, "shop", Now - 61, 401)]
    [InlineData("RS256", TokenIssuer.Name, "shop", Now - 59, 0)] // clocks differ
    public void Token_OfEachKind_IsJudged(string algorithm, string issuer, string audience, long expires, int status)
    {
        string token = _issuer.Make("anna", issuer, audience, expires, algorithm);
        JwtDecision decision = Table(new JwtIssuer { Audiences = { "shop" } }).Decide(RequestSample.Of("GET /", $"authorization: Bearer {token}"), Now);
        Assert.Equal(status, decision.Status);
        Assert.Equal(status == 0, decision.Claims is not null);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    [InlineData("e30.e30.")]
    [InlineData("bnVsbA.bnVsbA.AAAA")]
    public void Garbage_IsRefused(string token) =>
        Assert.Equal(401, Table(new JwtIssuer()).Decide(RequestSample.Of("GET /", $"authorization: Bearer {token}"), Now).Status);

    [Fact]
    public void Token_ChangedAnywhere_IsRefused()
    {
        string token = _issuer.Make("anna");
        JwtTable table = Table(new JwtIssuer());
        Assert.True(table.Decide(RequestSample.Of("GET /", $"authorization: Bearer {token}"), Now).Allowed); // remembered from here on
        for (int i = 0; i < token.Length - 2; i += 7)
        {
            char other = token[i] == 'A' ? 'B' : 'A';
            Assert.False(table.Decide(RequestSample.Of("GET /", $"authorization: Bearer {token[..i]}{other}{token[(i + 1)..]}"), Now).Allowed, $"{i}");
        }
    }

    [Fact]
    public void NoToken_IsAnonymous()
    {
        JwtDecision decision = Table(new JwtIssuer()).Decide(RequestSample.Of("GET /"), Now);
        Assert.True(decision is { Allowed: true, Claims: null });
    }

    [Fact]
    public void Remembered_TokenThatExpires_IsRefusedThen()
    {
        JwtTable table = Table(new JwtIssuer());
        RequestSample request = RequestSample.Of("GET /", $"authorization: Bearer {_issuer.Make("anna", expires: Now + 10)}");
        Assert.True(table.Decide(request, Now).Allowed);
        Assert.False(table.Decide(request, Now + 100).Allowed);
    }

    [Fact]
    public void Claims_NestedAndListed_AreFoundByName()
    {
        JwtClaims claims = Table(new JwtIssuer()).Decide(RequestSample.Of("GET /", $"authorization: Bearer {_issuer.Make("anna")}"), Now).Claims!;
        Assert.Equal($"{TokenIssuer.Name}/anna", claims.Principal.Text);
        Assert.Equal(["staff"], Values(claims, "group"));
        Assert.Equal(["read", "write"], Values(claims, "scope"));
        Assert.Equal(["a", "b"], Values(claims, "realm.roles"));
        Assert.Equal([], Values(claims, "nothing"));
    }

    [Fact]
    public void Places_WrittenInTheRule_AreLookedAtAndNoOthers()
    {
        string token = _issuer.Make("anna");
        JwtTable table = Table(new JwtIssuer { FromHeaders = { new HeaderField { Name = "X-Token", Value = "T " } }, FromParams = { "t" } });
        Assert.NotNull(table.Decide(RequestSample.Of("GET /", $"x-token: T {token}"), Now).Claims);
        Assert.NotNull(table.Decide(RequestSample.Of($"GET /?a=b&t={token}"), Now).Claims);
        Assert.Null(table.Decide(RequestSample.Of("GET /", $"authorization: Bearer {token}"), Now).Claims);
    }

    [Fact]
    public void Warm_Token_AllocatesNothing()
    {
        JwtTable table = Table(new JwtIssuer { Audiences = { "shop" } });
        RequestSample request = RequestSample.Of("GET /", $"authorization: Bearer {_issuer.Make("anna")}");
        long before = 0;
        for (int i = 0; i < 200; i++)
        {
            before = i == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            table.Decide(request, Now);
        }

        Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string[] Values(JwtClaims claims, string name)
    {
        List<string> values = [];
        while (claims.TryGet(Encoding.UTF8.GetBytes(name), values.Count, out ReadOnlySpan<byte> value))
        {
            values.Add(Encoding.UTF8.GetString(value));
        }

        return [.. values];
    }

    private JwtTable Table(JwtIssuer rule)
    {
        rule.Issuer = TokenIssuer.Name;
        rule.Jwks = _issuer.Jwks;
        return JwtTable.Compile("w", [rule]);
    }
}
