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
        new("tcp-relay", "the bytes of HTTP/1.1 relayed as opaque TCP, saturated", Opaque),
        new("tcp-bulk", "answers of 4 MiB relayed as opaque TCP, saturated", Opaque) { ResponseBytes = 4 << 20, Connections = 8 },
        new("tls-handshakes", "full TLS 1.3 handshakes (P-256, X25519, AES-128-GCM), one request each", [new WeftTls(isMutual: false), new HaproxyTls(isMutual: false)])
        {
            Load = LoadKind.Handshakes, Connections = 16,
        },
        new("mtls-handshakes", "the same with client certificates", [new WeftTls(isMutual: true), new HaproxyTls(isMutual: true)])
        {
            Load = LoadKind.Handshakes, Connections = 16,
        },
        new("idle-connections", "10,000 connections under mutual TLS that are idle after one request", [new WeftTls(isMutual: true), new HaproxyTls(isMutual: true)])
        {
            Load = LoadKind.Idle, Connections = 10_000,
        },
        new("micro", "pieces of the data path in one process: route decisions among 1,000 rules, heads, HPACK", []) { IsMicro = true, Connections = 1 },
    ];

    private static IReadOnlyList<Contender> OneHop => [new WeftOneHop(), new HaproxyOneHop(), new NginxOneHop(), new Forwarder(), new Direct()];

    private static IReadOnlyList<Contender> Opaque => [new WeftTcp(), new HaproxyTcp(), new Forwarder(), new Direct()];

    private static IReadOnlyList<Contender> TwoHop => [new WeftTwoHop(), new HaproxyTwoHop(), new NginxTwoHop(), new Direct()];
}
