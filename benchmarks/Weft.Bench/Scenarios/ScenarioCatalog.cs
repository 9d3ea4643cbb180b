using Weft.Bench.Contenders;

namespace Weft.Bench.Scenarios;

internal static class ScenarioCatalog
{
    public static readonly IReadOnlyList<Scenario> All =
    [
        new("http1-one-hop", "HTTP/1.1 keep-alive through one proxy, small messages, saturated", OneHop),
        new("http1-one-hop-rate", "the same at 10,000 requests per second, open loop", OneHop) { Rates = [10_000] },
        new("http1-two-hop-mtls", "HTTP/1.1 through two proxies with mutual TLS between them, saturated", TwoHop),
        new("http1-two-hop-rate", "the same at 1,000 requests per second, open loop: what two proxies add to latency", TwoHop)
        {
            Rates = [1_000],
        },
        new("large-bodies", "answers of 256 KiB through one proxy", OneHop) { ResponseBytes = 256 << 10, Connections = 16 },
        new("request-bodies", "requests with bodies of 16 KiB through one proxy", OneHop) { RequestBytes = 16 << 10, Connections = 16 },
        new("tcp-relay", "the bytes of HTTP/1.1 relayed as opaque TCP, saturated", [new WeftTcp(), new HaproxyTcp(), new Forwarder(), new Direct()]),
        new("micro", "pieces of the data path in one process: route decisions among 1,000 rules, heads, HPACK", []) { IsMicro = true, Connections = 1 },
    ];

    private static IReadOnlyList<Contender> OneHop => [new WeftOneHop(), new HaproxyOneHop(), new NginxOneHop(), new Forwarder(), new Direct()];

    private static IReadOnlyList<Contender> TwoHop => [new WeftTwoHop(), new HaproxyTwoHop(), new NginxTwoHop(), new Direct()];
}
