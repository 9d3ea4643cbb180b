using Weft.Bench.Contenders;
using Weft.Bench.Measure;

namespace Weft.Bench.Scenarios;

internal static class ScenarioCatalog
{
    /// <summary>Of the one backend among five that is twenty times slower.</summary>
    private static readonly IReadOnlyList<int> OneSlow = [1_000, 1_000, 1_000, 1_000, 20_000];

    public static readonly IReadOnlyList<Scenario> All =
    [
        new("http1-one-hop", "HTTP/1.1 keep-alive through one proxy, small messages, saturated", [.. OneHop(Speech.Http1), .. BareOneHop]),
        new("http1-one-hop-rate", "the same at 10,000 requests per second, open loop", OneHop(Speech.Http1)) { Rates = [10_000] },
        new("http1-two-hop-mtls", "HTTP/1.1 through two proxies with mutual TLS between them, saturated", [.. TwoHop(Speech.Http1), .. BareTwoHop]),
        new("http1-two-hop-rate", "the same at 1,000 requests per second, open loop: what two proxies add to latency", TwoHop(Speech.Http1))
        {
            Rates = [1_000],
        },
        new("http2-one-hop", "HTTP/2 clients through one proxy to HTTP/1.1, 8 connections of 8 streams", OneHop(Speech.Http2)) { Speech = Speech.Http2, Connections = 8 },
        new("grpc-one-hop", "unary gRPC through one proxy, 8 connections of 8 streams", OneHop(Speech.Grpc)) { Speech = Speech.Grpc, Connections = 8 },
        new("grpc-two-hop-mtls", "unary gRPC through two proxies with mutual TLS between them", TwoHop(Speech.Grpc)) { Speech = Speech.Grpc, Connections = 8 },
        new("large-bodies", "answers of 256 KiB through one proxy", OneHop(Speech.Http1)) { ResponseBytes = 256 << 10, Connections = 16 },
        new("request-bodies", "requests with bodies of 16 KiB through one proxy", OneHop(Speech.Http1)) { RequestBytes = 16 << 10, Connections = 16 },
        new("connection-churn", "one request per connection through one proxy", OneHop(Speech.Http1)) { RequestsPerConnection = 1 },
        new("tcp-relay", "the bytes of HTTP/1.1 relayed as opaque TCP, saturated", Opaque),
        new("tcp-bulk", "answers of 4 MiB relayed as opaque TCP, saturated", Opaque) { ResponseBytes = 4 << 20, Connections = 8 },
        new("tls-handshakes", "full TLS 1.3 handshakes (P-256, X25519, AES-128-GCM), one request each", Secure(isMutual: false))
        {
            Load = LoadKind.Handshakes, Connections = 16,
        },
        new("mtls-handshakes", "the same with client certificates", Secure(isMutual: true)) { Load = LoadKind.Handshakes, Connections = 16 },
        new("idle-connections", "10,000 connections under mutual TLS that are idle after one request", Secure(isMutual: true)) { Load = LoadKind.Idle, Connections = 10_000 },
        new("lb-tail", "five backends, one 20 x slower, 1,000 requests per second: the tail with each proxy's best counting balancer",
            [new Contenders.Weft(Contenders.Weft.Balanced), new Haproxy(Haproxy.Balanced), new Nginx(Nginx.Balanced)])
        {
            OriginDelays = OneSlow, Rates = [1_000],
        },
        new("scale", "memory at rest of one proxy: of a mesh without services, of one with 10,000 that it only knows, and with all of them used", [])
        {
            Services = 10_000, Connections = 8,
        },
        new("micro", "pieces of the data path in one process: route decisions among 1,000 rules, heads, HPACK", []) { IsMicro = true, Connections = 1 },
    ];

    private static IReadOnlyList<Contender> OneHop(Speech speech) =>
    [
        new Contenders.Weft((b, p) => Contenders.Weft.OneHop(b, p, speech)), new Haproxy((b, p) => Haproxy.OneHop(b, p, speech)),
        new Nginx((b, p) => Nginx.OneHop(b, p, speech)), new Yarp(speech), .. Unproxied(speech),
    ];

    /// <summary>The peers as they are without the fields that Weft tells the origin: for who needs none of them.</summary>
    private static IReadOnlyList<Contender> BareOneHop =>
    [
        new Haproxy((b, p) => Haproxy.OneHop(b, p, Speech.Http1, isBare: true), Haproxy.Bare), new Nginx((b, p) => Nginx.OneHop(b, p, Speech.Http1, isBare: true), Nginx.Bare),
    ];

    private static IReadOnlyList<Contender> BareTwoHop =>
    [
        new Haproxy((b, p) => Haproxy.TwoHop(b, p, Speech.Http1, isBare: true), Haproxy.Bare), new Nginx((b, p) => Nginx.TwoHop(b, p, Speech.Http1, isBare: true), Nginx.Bare),
    ];

    private static IReadOnlyList<Contender> Opaque => [new Contenders.Weft(Contenders.Weft.Tcp), new Haproxy(Haproxy.Tcp), new Forwarder(), new Direct()];

    private static IReadOnlyList<Contender> Secure(bool isMutual) =>
        [new Contenders.Weft((b, p) => Contenders.Weft.Secure(b, p, isMutual)), new Haproxy((b, p) => Haproxy.Secure(b, p, isMutual))];

    private static IReadOnlyList<Contender> TwoHop(Speech speech) =>
    [
        new Contenders.Weft((b, p) => Contenders.Weft.TwoHop(b, p, speech)), new Haproxy((b, p) => Haproxy.TwoHop(b, p, speech)),
        new Nginx((b, p) => Nginx.TwoHop(b, p, speech)), .. speech is Speech.Http1 ? Unproxied(speech)[1..] : [],
    ];

    /// <summary>Bytes that nobody reads are the same for every version; without a proxy the client must speak as the origin does.</summary>
    private static Contender[] Unproxied(Speech speech) => speech is Speech.Http2 ? [] : [new Forwarder(), new Direct()];
}
