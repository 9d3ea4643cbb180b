using Weft.Dialects.Istio;
using Weft.Model.V1;
using Weft.Policy.Routing;

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
    [InlineData("source", true)]
    [InlineData("cookie:ab", true)]
    [InlineData("cookie:ab=24h", true)]
    [InlineData("cookie:ab=soon", false)]
    [InlineData("header:", false)]
    [InlineData("chance", false)]
    public void Annotation_IsReadOrRefused(string text, bool good) => Assert.Equal(good, SplitBy.TryParse(text, out _));

    private static string Version(RouteTable table, int user, ulong random) => table.Decide(RequestSample.Of("GET /", $"x-user: u{user}"), random).Destination!.Cluster.Text;

    private static RouteTable Table(uint weight) => RouteTable.Compile(new RouteSet
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
                            SplitKeys = { new HashKey { Header = "x-user" } },
                        },
                    },
                },
            },
        },
    });
}
