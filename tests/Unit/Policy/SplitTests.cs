using Weft.Dialects.Istio;
using Weft.Model.V1;
using Weft.Policy.Routing;
using Weft.Primitives;

namespace Weft.Unit.Policy;

public sealed class SplitTests
{
    [Fact]
    public void Split_ByHeader_KeepsUsersAndMovesOnlyThoseWhoMust()
    {
        int moved = 0;
        int later = 0;
        const int Users = 2_000;
        RouteTable ten = Table(10);
        RouteTable half = Table(50);
        for (int user = 0; user < Users; user++)
        {
            string first = Version(ten, user, 1);
            Assert.Equal(first, Version(ten, user, 99)); // whatever chance says
            string second = Version(half, user, 5);
            moved += first == "new" && second == "old" ? 1 : 0;
            later += second == "new" ? 1 : 0;
        }

        Assert.Equal(0, moved);
        Assert.InRange(later, Users * 0.46, Users * 0.54);
    }

    [Theory]
    [InlineData("header:X-User", true)]
    [InlineData("query:id", true)]
    [InlineData("claim:sub", true)]
    [InlineData("claim:realm_access.roles", true)]
    [InlineData("claim:", false)]
    [InlineData("claim:a..b", false)]
    [InlineData("source", true)]
    [InlineData("cookie:ab", true)]
    [InlineData("cookie:ab=24h", true)]
    [InlineData("cookie:ab=soon", false)]
    [InlineData("header:", false)]
    [InlineData("chance", false)]
    public void Annotation_IsReadOrRefused(string text, bool good) => Assert.Equal(good, SplitBy.TryParse(text, out _));

    [Theory]
    [InlineData("sub")]
    [InlineData("user.account.id")]
    public void Split_ByClaim_KeepsUsersAndItsWeights(string claim)
    {
        RouteTable table = Table(30, new HashKey { Claim = claim });
        const int Users = 5_000;
        int moved = 0;
        for (int user = 0; user < Users; user++)
        {
            string first = Of(table, Sample(claim, $"u{user}"), 1);
            Assert.Equal(first, Of(table, Sample(claim, $"u{user}"), 77));
            moved += first == "new" ? 1 : 0;
        }

        Assert.True(ChiSquare(moved, Users, 0.3) < 15.1, $"{moved} of {Users} at 30 %"); // one degree of freedom: p = 0.0001
    }

    [Fact]
    public void Split_ByClaim_AListCountsAsAWhole()
    {
        RouteTable table = Table(50, new HashKey { Claim = "groups" });
        bool[] differs = [.. Enumerable.Range(0, 40).Select(i => Of(table, Sample("groups", "a", $"b{i}"), 1) != Of(table, Sample("groups", "a"), 1))];
        Assert.Contains(true, differs);
        Assert.Contains(false, differs);
    }

    /// <summary>A token without the claim, as none at all: chance decides, by weight.</summary>
    [Fact]
    public void Split_ByClaimThatIsNotThere_IsByChance()
    {
        RouteTable table = Table(30, new HashKey { Claim = "sub" });
        const int Requests = 5_000;
        int moved = Enumerable.Range(0, Requests).Count(i => Of(table, Sample("other", "x"), Draw.Mix((ulong)i, 5)) == "new");
        Assert.True(ChiSquare(moved, Requests, 0.3) < 15.1, $"{moved} of {Requests} at 30 %");
    }

    private static double ChiSquare(int hits, int of, double share) =>
        (Math.Pow(hits - (of * share), 2) / (of * share)) + (Math.Pow(of - hits - (of * (1 - share)), 2) / (of * (1 - share)));

    private static RequestSample Sample(string claim, params string[] values) => RequestSample.Of("GET /").WithClaim(claim, values);

    private static string Of(RouteTable table, RequestSample sample, ulong random) => table.Decide(sample, random).Destination!.Cluster;

    private static string Version(RouteTable table, int user, ulong random) => table.Decide(RequestSample.Of("GET /", $"x-user: u{user}"), random).Destination!.Cluster;

    private static RouteTable Table(uint weight, HashKey? key = null) => RouteTable.Compile(new RouteSet
    {
        VirtualHosts =
        {
            new VirtualHost
            {
                Hosts = { "*" },
                Routes =
                {
                    new Route
                    {
                        Forward = new Forward
                        {
                            Clusters = { new WeightedCluster { Cluster = "old", Weight = 100 - weight }, new WeightedCluster { Cluster = "new", Weight = weight } },
                            SplitKeys = { key ?? new HashKey { Header = "x-user" } },
                        },
                    },
                },
            },
        },
    });
}
