using System.Text;
using Weft.Model.V1;
using Weft.Primitives.Expressions;
using Weft.Policy.Routing;
using Weft.Wire;
using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Bench.Micro;

/// <summary>What `./bench micro` measures: everything that is done once for each request and could grow with configuration or input.</summary>
internal static class MicroCatalog
{
    private const int Rules = 1_000;
    private const int ListBytesMax = 64 << 10;

    private static readonly string[] Fields =
    [
        "host: shop.example.com", "user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "accept: text/html,application/xhtml+xml",
        "accept-encoding: gzip, deflate, br", "cookie: session=0123456789abcdef; theme=dark", "x-request-id: 6f1c0d1e-7c60-4d32-9d0a-d7d1f0a8a111",
    ];

    public static readonly IReadOnlyList<MicroCase> All =
    [
        new("route-1000-exact", () => Route(i => Path(new StringMatch { Exact = $"/api/items/{i}" }), new MicroFacts("/api/items/999"))),
        new("route-1000-prefix", () => Route(i => Path(new StringMatch { Prefix = $"/api/items/{i:D4}" }), new MicroFacts("/api/items/0999/detail"))),
        new("route-1000-suffix", () => Route(i => Path(new StringMatch { Suffix = $"-{i:D4}.html" }), new MicroFacts("/pages/2026/catalogue-0999.html"))),
        new("route-1000-regex", () => Route(i => Path(new StringMatch { Regex = $"/api/v[0-9]+/item-{i:D4}/[a-z]+" }), new MicroFacts("/api/v2/item-0999/detail"))),
        new("route-1000-regex-open", () => Route(i => Path(new StringMatch { Regex = $".*/item-{i:D4}/[a-z]+" }), new MicroFacts("/shop/eu/item-0999/detail"))),
        new("route-1000-regex-class", () => Route(i => Path(new StringMatch { Regex = $"/[a-z]+/{string.Concat($"{i:D4}".Select(c => $"[{c}x]"))}" }), new MicroFacts("/shop/0999"))),
        new("route-1000-header", () => Route(i => Header(new StringMatch { Exact = $"user-{i}" }), new MicroFacts("/", header: "end-user", value: "user-999"))),
        new("route-1000-header-regex", () => Route(i => Header(new StringMatch { Regex = $"(.*; ?)?id=user{i:D4}(;.*)?" }), new MicroFacts("/", header: "end-user", value: "a=b; id=user0999; c=d"))),
        new("route-1000-query", () => Route(Query, new MicroFacts("/", "a=b&id=999"))),
        new("route-1-default", () => Route(_ => new RouteMatch(), new MicroFacts("/"), 1)),
        new("regex-warm", Regex),
        new("http1-head", Head),
        new("hpack-decode", Hpack),
    ];

    private static Func<int> Route(Func<int, RouteMatch> match, MicroFacts facts, int rules = Rules)
    {
        VirtualHost host = new() { Hosts = { "*" } };
        for (int i = 0; i < rules; i++)
        {
            host.Routes.Add(new Route { Matches = { match(i) }, Forward = new Forward { Clusters = { new WeightedCluster { Cluster = $"c{i}" } } } });
        }

        RouteTable table = RouteTable.Compile(new RouteSet { VirtualHosts = { host } });
        ulong random = 0;
        return () => table.Decide(facts, random++).Route is { } found && found.Index == rules - 1 ? 1 : throw new BenchException("a route decision is wrong; this is a bug.");
    }

    private static RouteMatch Path(StringMatch path) => new() { Path = path };

    private static RouteMatch Header(StringMatch value) => new() { Headers = { new HeaderMatch { Name = "end-user", Value = value } } };

    private static RouteMatch Query(int i) => new() { Query = { new HeaderMatch { Name = "id", Value = new StringMatch { Exact = $"{i}" } } } };

    private static Func<int> Regex()
    {
        _ = Re2.TryParse("/api/(v1|v2)/[^/]+/items/[0-9]+", out Re2? regex, out _);
        byte[] text = Encoding.ASCII.GetBytes("/api/v2/shop/items/12345");
        return () => regex!.IsMatch(text) ? 1 : 0;
    }

    private static Func<int> Head()
    {
        byte[] input = Encoding.ASCII.GetBytes($"GET /api/items/12?a=b HTTP/1.1\r\n{string.Concat(Fields.Select(f => f + "\r\n"))}\r\n");
        var head = new RequestHead();
        return () =>
        {
            head.Reset();
            return head.Read(input, Http1Limits.Default) is ReadStatus.Done ? 1 : throw new BenchException("a request head is not read; this is a bug.");
        };
    }

    /// <summary>The second block of a connection: most of its fields stand in the table.</summary>
    private static Func<int> Hpack()
    {
        var encoder = new HpackEncoder();
        byte[] block = [];
        byte[] output = new byte[4096];
        var decoder = new HpackDecoder();
        var list = new HeaderList();
        for (int round = 0; round < 2; round++)
        {
            int at = encoder.Begin(output);
            foreach (string[] field in Fields.Select(f => f.Split(": ", 2)).Prepend([":path", "/api/items/12?a=b"]).Prepend([":method", "GET"]))
            {
                at += encoder.Write(output.AsSpan(at), Encoding.ASCII.GetBytes(field[0]), Encoding.ASCII.GetBytes(field[1]));
            }

            block = output[..at];
            list.Clear();
            decoder.TryDecode(block, list, ListBytesMax);
        }

        return () =>
        {
            list.Clear();
            return decoder.TryDecode(block, list, ListBytesMax) ? 1 : 0;
        };
    }
}
