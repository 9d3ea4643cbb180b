using System.Text;
using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Routing;

namespace Weft.Unit.Policy;

public sealed class RouteActionTests
{
    public static TheoryData<string, string, string, string, string> RewriteCases { get; } = new()
    {
        // match kind, match operand, replacement ("full X", "prefix X"), path, result; the segment rows are Gateway API's table
        { "segment", "/foo", "prefix /xyz", "/foo/bar", "/xyz/bar" },
        { "segment", "/foo", "prefix /xyz/", "/foo/bar", "/xyz/bar" },
        { "segment", "/foo/", "prefix /xyz", "/foo/bar", "/xyz/bar" },
        { "segment", "/foo/", "prefix /xyz/", "/foo/bar", "/xyz/bar" },
        { "segment", "/foo", "prefix /xyz", "/foo", "/xyz" },
        { "segment", "/foo", "prefix /xyz", "/foo/", "/xyz/" },
        { "segment", "/foo", "prefix ", "/foo/bar", "/bar" },
        { "segment", "/foo/", "prefix ", "/foo/bar", "/bar" },
        { "segment", "/foo", "prefix ", "/foo/", "/" },
        { "segment", "/foo", "prefix ", "/foo", "/" },
        { "segment", "/foo", "prefix /", "/foo/bar", "/bar" },
        { "segment", "/foo", "prefix /", "/foo", "/" },
        { "segment", "/foo", "prefix /", "/foo/", "/" },
        { "segment", "/", "prefix /v1", "/x", "/v1/x" },
        { "segment", "/foo", "full /one", "/foo/bar", "/one" },
        { "prefix", "/ratings", "prefix /v1/bookRatings", "/ratings/7", "/v1/bookRatings/7" },
        { "prefix", "/foo", "prefix /", "/foo/bar", "/bar" },
        { "prefix", "/foo/", "prefix /", "/foo/bar", "/bar" },
        { "prefix", "/foo", "prefix /x", "/foobar", "/xbar" },
        { "exact", "/a", "prefix /b", "/a", "/b" },
        { "none", "", "prefix /", "/x/y", "/x/y" },
    };

    public static TheoryData<string, string, string> RedirectCases { get; } = new()
    {
        // redirect, request, location
        { "authority=b.com", "http://a.com/x?q=1", "http://b.com/x?q=1" },
        { "authority=b.com", "http://a.com:8080/x", "http://b.com/x" },
        { "full=/y", "http://a.com/x?q=1", "http://a.com/y?q=1" },
        { "full=/y?z=2", "http://a.com/x?q=1", "http://a.com/y?z=2" },
        { "scheme=https", "http://a.com/x", "https://a.com/x" },
        { "scheme=https", "http://a.com:80/x", "https://a.com/x" },
        { "scheme=https", "http://a.com:8080/x", "https://a.com:8080/x" },
        { "scheme=https derive=protocol", "http://a.com:8080/x", "https://a.com/x" },
        { "scheme=https port=8443", "http://a.com:8080/x", "https://a.com:8443/x" },
        { "scheme=https port=443", "http://a.com:8080/x", "https://a.com/x" },
        { "port=80", "http://a.com:8080/x", "http://a.com/x" },
        { "derive=request", "http://a.com/x", "http://a.com:8080/x" },
        { "authority=b.com derive=request", "http://a.com/x", "http://b.com:8080/x" },
        { "prefix=/new", "http://a.com/old/x", "http://a.com/new/x" },
        { "scheme=https", "http://[::1]:80/x", "https://[::1]/x" },
    };

    [Theory]
    [MemberData(nameof(RewriteCases))]
    public void Rewrite_Path_SplicesWithoutDoubleSlash(string kind, string operand, string replacement, string path, string expected)
    {
        var route = kind == "none" ? Tables.Route("a") : Tables.Route("a", new RouteMatch { Path = Tables.Text(kind, operand) });
        int space = replacement.IndexOf(' ', StringComparison.Ordinal);
        route.Forward.Rewrite = replacement[..space] == "full" ? new Rewrite { Full = replacement[5..] } : new Rewrite { Prefix = replacement[7..] };
        var decision = RouteTable.Compile(Tables.Set(route)).Decide(RequestSample.Of("GET " + path), 0);
        byte[] space2 = new byte[256];
        Assert.Equal(RewriteStatus.Written, decision.RewritePath(Encoding.UTF8.GetBytes(path), space2, out int written));
        Assert.Equal(expected, Encoding.UTF8.GetString(space2, 0, written));
    }

    [Theory]
    [InlineData("/cart/(\\d+)/item", "/basket/\\1/thing", "/cart/42/item", "/basket/42/thing")]
    [InlineData("^/api/v1(/.*)?$", "/v1\\1", "/api/v1/users", "/v1/users")]
    [InlineData("o", "0", "/foo/boo", "/f00/b00")]
    [InlineData("(.)/(.)", "\\2/\\1", "a/b", "b/a")]
    [InlineData("nothing", "x", "/foo", "/foo")]
    [InlineData("x*", "-", "abc", "-a-b-c-")]
    [InlineData("/a", "\\\\\\0", "/a", "\\/a")]
    public void Rewrite_Regex_ReplacesEveryMatch(string pattern, string substitution, string path, string expected)
    {
        var route = Tables.Route("a");
        route.Forward.Rewrite = new Rewrite { Regex = new RegexRewrite { Match = pattern, Substitution = substitution } };
        var problems = new List<PolicyProblem>();
        var decision = RouteTable.Compile(Tables.Set(route), problems).Decide(RequestSample.Of("GET " + path), 0);
        Assert.Empty(problems);
        byte[] space = new byte[256];
        Assert.Equal(RewriteStatus.Written, decision.RewritePath(Encoding.UTF8.GetBytes(path), space, out int written));
        Assert.Equal(expected, Encoding.UTF8.GetString(space, 0, written));
    }

    [Fact]
    public void Rewrite_TooLongForSpace_SaysSo()
    {
        var route = Tables.Route("a");
        route.Forward.Rewrite = new Rewrite { Full = "/0123456789" };
        var decision = RouteTable.Compile(Tables.Set(route)).Decide(RequestSample.Of("GET /"), 0);
        Assert.Equal(RewriteStatus.TooLarge, decision.RewritePath("/"u8, new byte[5], out _));
    }

    [Theory]
    [MemberData(nameof(RedirectCases))]
    public void Redirect_Location_FollowsPortRules(string written, string url, string location)
    {
        var redirect = new Redirect();
        foreach (string part in written.Split(' '))
        {
            string value = part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..];
            switch (part[..part.IndexOf('=', StringComparison.Ordinal)])
            {
                case "authority": redirect.Authority = value; break;
                case "scheme": redirect.Scheme = value; break;
                case "port": redirect.Port = uint.Parse(value); break;
                case "full": redirect.Full = value; break;
                case "prefix": redirect.Prefix = value; break;
                default: redirect.DerivePort = value == "request" ? Redirect.Types.PortFrom.Request : Redirect.Types.PortFrom.Protocol; break;
            }
        }

        var route = new Route { Redirect = redirect, Matches = { new RouteMatch { Path = Tables.Text("segment", url.Contains("/old", StringComparison.Ordinal) ? "/old" : "/") } } };
        var table = RouteTable.Compile(Tables.Set(route));
        var request = RequestSample.Of("GET " + url).WithPort(8080);
        var decision = table.Decide(request, 0);
        Assert.Equal(RouteOutcome.Redirect, decision.Outcome);
        Assert.Equal(301, decision.RedirectStatus);
        byte[] space = new byte[256];
        Assert.True(decision.TryWriteLocation(request, space, out int length));
        Assert.Equal(location, Encoding.UTF8.GetString(space, 0, length));
        Assert.False(decision.TryWriteLocation(request, new byte[4], out _));
    }

    [Fact]
    public void HttpsRedirect_PlainRequest_MovesWholeHost()
    {
        var set = Tables.Set(Tables.Route("a"));
        set.VirtualHosts[0].HttpsRedirect = true;
        var table = RouteTable.Compile(set);
        var request = RequestSample.Of("GET http://shop.example/cart?x=1");
        var decision = table.Decide(request, 0);
        Assert.Equal((RouteOutcome.Redirect, 301), (decision.Outcome, decision.RedirectStatus));
        Assert.Equal("https://shop.example/cart?x=1", Tables.Location(decision, request));
        Assert.Equal(RouteOutcome.Forward, table.Decide(RequestSample.Of("GET https://shop.example/"), 0).Outcome);
    }

    [Fact]
    public void VirtualHost_SeveralNames_MostSpecificWins()
    {
        var set = new RouteSet { Name = "gw" };
        foreach (string host in (string[])["*", "*.example.com", "*.a.example.com", "b.a.example.com", "port.example.com:8443"])
        {
            set.VirtualHosts.Add(new VirtualHost { Hosts = { host }, Routes = { Tables.Route(host) } });
        }

        var table = RouteTable.Compile(set);
        (string Authority, string Host)[] cases =
        [
            ("b.a.example.com", "b.a.example.com"), ("b.a.example.com:8080", "b.a.example.com"), ("b.a.example.com.", "b.a.example.com"),
            ("c.a.example.com", "*.a.example.com"), ("d.c.a.example.com", "*.a.example.com"), ("a.example.com", "*.example.com"),
            ("example.com", "*"), ("other.org", "*"), ("port.example.com:8443", "port.example.com:8443"), ("port.example.com", "*.example.com"),
        ];
        foreach (var (authority, host) in cases)
        {
            Assert.Equal(host, table.Decide(RequestSample.Of($"GET http://{authority}/"), 0).Destination?.Cluster);
        }
    }

    [Fact]
    public void VirtualHost_NoneFits_IsNoHost()
    {
        var set = new RouteSet { VirtualHosts = { new VirtualHost { Hosts = { "a.com" }, Routes = { Tables.Route("a") } } } };
        Assert.Equal(RouteOutcome.NoHost, RouteTable.Compile(set).Decide(RequestSample.Of("GET http://b.com/"), 0).Outcome);
    }

    [Fact]
    public void Destination_KnownToBeWrong_AnswersItsStatus()
    {
        var route = Tables.Route("a");
        route.Forward.Clusters[0].InvalidStatus = 500;
        var decision = RouteTable.Compile(Tables.Set(route)).Decide(RequestSample.Of("GET /"), 0);
        Assert.Equal((RouteOutcome.Invalid, 500), (decision.Outcome, decision.InvalidStatus));
    }

    [Fact]
    public void Destinations_None_Answer500()
    {
        var decision = RouteTable.Compile(Tables.Set(new Route { Forward = new Forward() })).Decide(RequestSample.Of("GET /"), 0);
        Assert.Equal((RouteOutcome.Invalid, 500), (decision.Outcome, decision.InvalidStatus));
    }

    [Fact]
    public void Fault_WithoutPercentage_InjectsNothing()
    {
        var route = Tables.Route("a");
        route.Fault = new FaultInjection
        {
            Delay = new FaultInjection.Types.Delay { Duration = Duration.FromTimeSpan(TimeSpan.FromSeconds(7)) },
            Abort = new FaultInjection.Types.Abort { HttpStatus = 500, Percent = new Fraction { Ppm = 1_000_000 } },
        };
        var decision = RouteTable.Compile(Tables.Set(route)).Decide(RequestSample.Of("GET /"), 123);
        Assert.Equal(new FaultDraw(TimeSpan.Zero, 500, 0), decision.Fault);
    }

    [Fact]
    public void Decide_ThousandRulesWarm_AllocatesNothing()
    {
        var routes = Enumerable.Range(0, 1_000).Select(i => Tables.Route($"c{i}", new RouteMatch { Path = Tables.Text("exact", $"/p/{i}") })).ToArray();
        routes[^1].Forward.Mirrors.Add(new Mirror { Cluster = "m", Percent = new Fraction { Ppm = 500_000 } });
        var table = RouteTable.Compile(Tables.Set(routes));
        var request = RequestSample.Of("GET /p/999");
        Assert.Equal("c999", table.Decide(request, 0).Destination?.Cluster);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong i = 0; i < 1_000; i++)
        {
            _ = table.Decide(request, i).Mirrors(0);
        }

        Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void TcpRoutes_SniAndSubnet_FirstMatchDecides()
    {
        var set = new TcpRouteSet
        {
            Routes =
            {
                new TcpRoute { SniHosts = { "a.example.com" }, Clusters = { new WeightedCluster { Cluster = "a" } } },
                new TcpRoute { SniHosts = { "*.example.com" }, Clusters = { new WeightedCluster { Cluster = "wild" } } },
                new TcpRoute { DestinationSubnets = { "10.1.0.0/16" }, Clusters = { new WeightedCluster { Cluster = "net" } } },
                new TcpRoute { SniHosts = { "*" }, DestinationSubnets = { "fd00::/8" }, Clusters = { new WeightedCluster { Cluster = "six" } } },
            },
        };
        var table = TcpRouteTable.Compile(set);
        string? To(string sni, string address)
        {
            Assert.True(IpValue.TryParse(address, out var ip));
            return table.Decide(Encoding.UTF8.GetBytes(sni), ip, 0).Destination?.Cluster;
        }

        Assert.Equal("a", To("A.example.com", "1.1.1.1"));
        Assert.Equal("wild", To("b.example.com", "1.1.1.1"));
        Assert.Equal("net", To("example.com", "10.1.2.3"));
        Assert.Equal("net", To("", "::ffff:10.1.2.3"));
        Assert.Equal("six", To("", "fd12::1"));
        Assert.Null(To("", "10.2.0.1"));
    }
}
