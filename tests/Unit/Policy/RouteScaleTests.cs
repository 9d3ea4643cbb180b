using System.Globalization;
using Weft.Model.V1;
using Weft.Policy.Routing;

namespace Weft.Unit.Policy;

/// <summary>A decision must not cost more because there are many rules, whatever they ask for.</summary>
public sealed class RouteScaleTests
{
    private const int Rules = 1_000;

    /// <summary>A shape of rule by its number, and the request that only the last one takes.</summary>
    public static TheoryData<string> Shapes() => [.. Make.Keys];

    private static readonly Dictionary<string, (Func<int, RouteMatch> Match, RequestSample Request)> Make = new()
    {
        ["exact"] = (i => new RouteMatch { Path = new StringMatch { Exact = $"/api/items/{i}" } }, RequestSample.Of("GET /api/items/999")),
        ["prefix"] = (i => new RouteMatch { Path = new StringMatch { Prefix = $"/api/items/{i}/" } }, RequestSample.Of("GET /api/items/999/x")),
        ["suffix"] = (i => new RouteMatch { Path = new StringMatch { Suffix = $"-{i:D4}.html" } }, RequestSample.Of("GET /pages/catalogue-0999.html")),
        ["regex with a literal inside"] = (i => new RouteMatch { Path = new StringMatch { Regex = $".*/item-{i:D4}/[a-z]+" } }, RequestSample.Of("GET /shop/item-0999/buy")),
        ["regex without a literal"] = (i => new RouteMatch { Path = new StringMatch { Regex = $"/[a-z]+/{string.Join("", i.ToString("D4", CultureInfo.InvariantCulture).Select(c => $"[{c}x]"))}" } }, RequestSample.Of("GET /shop/0999")),
        ["any case"] = (i => new RouteMatch { Path = new StringMatch { Prefix = $"/Api/Items/{i:D4}", IgnoreCase = true } }, RequestSample.Of("GET /api/items/0999")),
        ["header exact"] = (i => Header(new StringMatch { Exact = $"user-{i}" }), RequestSample.Of("GET /", "end-user: user-999")),
        ["header regex"] = (i => Header(new StringMatch { Regex = $"(.*; )?id=user{i:D4}(;.*)?" }), RequestSample.Of("GET /", "end-user: a=b; id=user0999; c=d")),
        ["header prefix behind one path"] = (i => Header(new StringMatch { Prefix = $"user-{i:D4}" }, "/"), RequestSample.Of("GET /", "end-user: user-0999-x")),
        ["query"] = (i => new RouteMatch { Query = { new HeaderMatch { Name = "id", Value = new StringMatch { Exact = $"{i}" } } } }, RequestSample.Of("GET /?a=b&id=999")),
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Decide_AmongAThousandRules_TriesFewAndAllocatesNothing(string shape)
    {
        var (match, request) = Make[shape];
        VirtualHost host = new() { Hosts = { "*" } };
        for (int i = 0; i < Rules; i++)
        {
            host.Routes.Add(new Route { Matches = { match(i) }, Forward = new Forward { Clusters = { new WeightedCluster { Cluster = $"c{i}" } } } });
        }

        var table = RouteTable.Compile(new RouteSet { VirtualHosts = { host } });
        var counted = new CountedFacts(request);
        long before = 0;
        int found = 0;
        for (int i = 0; i < 200; i++)
        {
            before = i == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            counted.Reads = 0;
            found += table.Decide(counted, (ulong)i).Route is { Index: Rules - 1 } ? 1 : 0;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(200, found);
        Assert.Equal(0L, allocated);
        Assert.InRange(counted.Reads, 1, 40); // each rule that is tried reads what it asks for
    }

    [Fact]
    public void Decide_TextThatRepeatsWhatRulesLookFor_TriesEachOnce()
    {
        VirtualHost host = new() { Hosts = { "*" } };
        host.Routes.Add(new Route { Matches = { new RouteMatch { Path = new StringMatch { Regex = ".*-123[a-z]+x" } } } });
        var table = RouteTable.Compile(new RouteSet { VirtualHosts = { host } });
        var counted = new CountedFacts(RequestSample.Of("GET /" + string.Concat(Enumerable.Repeat("-123", 1_000))));
        Assert.Null(table.Decide(counted, 1).Route);
        Assert.InRange(counted.Reads, 1, 4);
    }

    private static RouteMatch Header(StringMatch value, string? path = null) => new()
    {
        Path = path is null ? null : new StringMatch { Exact = path },
        Headers = { new HeaderMatch { Name = "end-user", Value = value } },
    };
}
