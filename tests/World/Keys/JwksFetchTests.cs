using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Weft.ControlPlane.Keys;
using Weft.Dialects.Istio;
using Weft.World.Proxy;

namespace Weft.World.Keys;

/// <summary>One fetch: what it takes for keys, and in which words it fails.</summary>
public sealed class JwksFetchTests
{
    private const string Keys = """{"keys":[]}""";

    public static TheoryData<string, int, string, string> Answers => new()
    {
        { "keys", 200, Keys, "" },
        { "not found", 404, "", "the answer is 404" },
        { "server error", 500, "oops", "the answer is 500" },
        { "no JSON", 200, "<html>", "the answer is not JSON" },
        { "no set", 200, "[]", "the answer is not a set of keys (RFC 7517 §5)" },
        { "keys of another kind", 200, """{"keys":1}""", "the answer is not a set of keys (RFC 7517 §5)" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answer_OfEachKind_IsTakenOrSaysWhyNot(string what, int status, string body, string problem)
    {
        await using IssuerServer server = await IssuerServer.StartAsync();
        server.Set("/keys", status, body);
        using var fetcher = new JwksFetcher(new JwksOptions());

        FetchedKeys fetched = await FetchAsync(fetcher, new JwksSource($"{server.Url}/keys", false));

        Assert.Equal((what, problem), (what, fetched.Problem));
        Assert.Equal(problem.Length == 0 ? Keys : "", fetched.Jwks);
    }

    [Fact]
    public async Task Document_LargerThanTheLimit_IsRefused()
    {
        await using IssuerServer server = await IssuerServer.StartAsync();
        server.Set("/keys", 200, Keys + new string(' ', JwksOptions.DocumentBytesMax));
        using var fetcher = new JwksFetcher(new JwksOptions());

        Assert.NotEmpty((await FetchAsync(fetcher, new JwksSource($"{server.Url}/keys", false))).Problem);
    }

    [Fact]
    public async Task Redirects_AreFollowedUpToTheLimit()
    {
        await using IssuerServer server = await IssuerServer.StartAsync();
        server.Set("/keys", 200, Keys);
        server.Set("/1", 302, "/keys");
        server.Set("/loop", 302, "/loop");
        using var fetcher = new JwksFetcher(new JwksOptions());

        Assert.Equal(Keys, (await FetchAsync(fetcher, new JwksSource($"{server.Url}/1", false))).Jwks);
        Assert.NotEmpty((await FetchAsync(fetcher, new JwksSource($"{server.Url}/loop", false))).Problem);
    }

    [Fact]
    public async Task Redirect_ToAMetadataAddress_IsNotFollowed()
    {
        await using IssuerServer server = await IssuerServer.StartAsync();
        server.Set("/keys", 302, "http://169.254.169.254/latest/meta-data/");
        using var fetcher = new JwksFetcher(new JwksOptions());

        Assert.Contains("169.254.169.254 is a link-local or metadata address", (await FetchAsync(fetcher, new JwksSource($"{server.Url}/keys", false))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Https_OfATrustedAuthority_IsTakenAndOfAnotherRefused()
    {
        using var authority = new TestAuthority();
        await using IssuerServer server = await IssuerServer.StartAsync(authority);
        server.Set("/.well-known/openid-configuration", 200, $$"""{"jwks_uri":"{{server.Url}}/keys"}""");
        server.Set("/keys", 200, Keys);
        var source = new JwksSource($"{server.Url}/.well-known/openid-configuration", true);
        using var trusting = new JwksFetcher(new JwksOptions { AuthoritiesPem = authority.RootPem });
        using var strict = new JwksFetcher(new JwksOptions());

        Assert.Equal(new FetchedKeys(Keys, ""), await FetchAsync(trusting, source));
        Assert.NotEmpty((await FetchAsync(strict, source)).Problem);
    }

    [Fact]
    public async Task Discovery_ThatNamesNoKeys_SaysSo()
    {
        await using IssuerServer server = await IssuerServer.StartAsync();
        server.Set("/.well-known/openid-configuration", 200, """{"jwks_uri":"file:///etc/passwd"}""");
        using var fetcher = new JwksFetcher(new JwksOptions());

        Assert.Equal("the issuer's description names no jwks_uri", (await FetchAsync(fetcher, new JwksSource($"{server.Url}/.well-known/openid-configuration", true))).Problem);
    }

    [Theory]
    [InlineData("10.0.0.1", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("192.168.1.1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("169.254.169.254", false)]
    [InlineData("169.254.0.1", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("fe80::1", false)]
    [InlineData("::", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    public void Address_OfEachKind_IsAskedOrNot(string address, bool asked)
    {
        Assert.Equal(asked, FetchAddresses.MayAsk(IPAddress.Parse(address), []));
        Assert.True(FetchAddresses.MayAsk(IPAddress.Parse(address), [IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")]));
    }

    [Fact]
    public void Book_AfterARestart_HasTheLastGoodKeys()
    {
        string directory = Directory.CreateTempSubdirectory("weft-jwks-").FullName;
        try
        {
            var options = new JwksOptions { Directory = Path.Combine(directory, "keys") };
            var source = new JwksSource("https://issuer.test/keys", false);
            new JwksBook(options, NullLogger<JwksBook>.Instance).Take(source, new FetchedKeys(Keys, ""));

            var next = new JwksBook(options, NullLogger<JwksBook>.Instance);
            next.Restore([source, source with { IsDiscovery = true }]);
            next.Take(source, new FetchedKeys("", "down"));

            Assert.Equal(new FetchedKeys(Keys, "down"), next.Current.Find(source));
            Assert.Null(next.Current.Find(source with { IsDiscovery = true }));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static Task<FetchedKeys> FetchAsync(JwksFetcher fetcher, JwksSource source) => fetcher.FetchAsync(source, Weft.World.Discovery.DiscoveryWorld.Patience);
}
