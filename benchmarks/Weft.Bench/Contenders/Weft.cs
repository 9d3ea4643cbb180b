using System.Diagnostics;
using Weft.Bench.Measure;

namespace Weft.Bench.Contenders;

/// <summary>The shipped binary with its metrics on, configured from files instead of a control plane: one or two processes with one loop each.</summary>
/// <param name="configs">Who listens on the given port comes last.</param>
internal sealed class Weft(Func<Workbench, int, IReadOnlyList<string>> configs) : Contender
{
    private const string Route = "gateway/default/bench:80";
    private const string Cluster = "origin.default:80";

    public override string Name => "weft";

    public override Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        int port = Workbench.FreePort();
        Process[] started = [.. configs(bench, port).Select((text, i) => Start(bench, bench.Write($"weft-{i}.json", text)))];
        return StartedAsync(Name, port, started, ct);
    }

    public static IReadOnlyList<string> OneHop(Workbench bench, int port, Speech speech) =>
        [Gateway(port, [Endpoint(bench.OriginPort)], speech is Speech.Grpc ? "GRPC" : "HTTP1")];

    public static IReadOnlyList<string> Tcp(Workbench bench, int port) => [Gateway(port, [Endpoint(bench.OriginPort)], "TCP")];

    /// <summary>The peer protocol over mutual TLS between the two, identities checked on both sides.</summary>
    public static IReadOnlyList<string> TwoHop(Workbench bench, int port, Speech speech)
    {
        Certificates certificates = Certificates.In(bench);
        int between = Workbench.FreePort();
        string protocol = speech is Speech.Grpc ? "GRPC" : "HTTP1";
        string peer = $"\"peerProtocol\": \"weft/1\", \"identity\": \"{Certificates.Identity}\", \"targetPort\": {bench.OriginPort},";
        return [Inbound(between, bench.OriginPort, protocol, certificates), Gateway(port, [Endpoint(between, peer)], protocol, certificates)];
    }

    /// <summary>TLS ended at a gateway's listener, requests passed on in plain text.</summary>
    public static IReadOnlyList<string> Secure(Workbench bench, int port, bool isMutual)
    {
        static string Text(string file) => System.Text.Json.JsonEncodedText.Encode(File.ReadAllText(file)).ToString();
        Certificates certificates = Certificates.In(bench);
        string listener = $"\"tls\": {{ \"mode\": \"MODE_{(isMutual ? "MUTUAL" : "SIMPLE")}\", \"credentials\": [\"default/bench\"] }}, \"routeSet\"";
        string credential = $$"""
            "credentials": [ { "name": "default/bench", "certificatePem": "{{Text(certificates.Certificate)}}", "privateKeyPem": "{{Text(certificates.Key)}}",
              "trustedCaPem": "{{Text(certificates.Authority)}}" } ],
              "routeSets"
            """;
        return
        [
            Gateway(port, [Endpoint(bench.OriginPort)], "HTTP1").Replace("APP_PROTOCOL_HTTP1\", \"hosts", "APP_PROTOCOL_HTTPS\", \"hosts", StringComparison.Ordinal)
                .Replace("\"routeSet\"", listener, StringComparison.Ordinal).Replace("\"routeSets\"", credential, StringComparison.Ordinal),
        ];
    }

    /// <summary>The default balancer.</summary>
    public static IReadOnlyList<string> Balanced(Workbench bench, int port) => [Gateway(port, bench.OriginPorts.Select(p => Endpoint(p)), "HTTP1")];

    private static Process Start(Workbench bench, string config) => bench.Start(Workbench.ProxyCore, Workbench.Binary("weft-proxy"), ["static", "--config", config]);

    private static string Endpoint(int port, string peer = "") =>
        $$"""{ "address": "127.0.0.1", "port": {{port}}, {{peer}} "weight": 1, "workload": "default/origin-{{port}}" }""";

    private static string Gateway(int port, IEnumerable<string> endpoints, string protocol, Certificates? identity = null) => $$"""
        {
          "loops": 1,{{Identity(identity)}}
          "workload": { "name": "default/near", "namespace": "default", "gatewayListeners": [
            { "name": "bench", "port": {{port}}, "protocol": "APP_PROTOCOL_{{protocol}}", "hosts": ["*"], "routeSet": "{{Route}}", "tcpRouteSet": "{{Route}}/tcp" } ] },
          "routeSets": [ { "name": "{{Route}}", "virtualHosts": [ { "hosts": ["*"], "routes": [
            { "origin": { "kind": "Bench", "name": "bench" }, "forward": { "clusters": [ { "cluster": "{{Cluster}}", "weight": 1 } ] } } ] } ] } ],
          "tcpRouteSets": [ { "name": "{{Route}}/tcp", "routes": [ { "clusters": [ { "cluster": "{{Cluster}}", "weight": 1 } ] } ] } ],
          "clusters": [ { "name": "{{Cluster}}", "service": "origin.default", "namespace": "default", "port": 80, "protocol": "APP_PROTOCOL_{{protocol}}" } ],
          "endpointSets": [ { "name": "{{Cluster}}", "endpoints": [ {{string.Join(", ", endpoints)}} ] } ]
        }
        """;

    private static string Inbound(int port, int app, string protocol, Certificates identity) => $$"""
        {
          "loops": 1,{{Identity(identity)}}
          "inbound": "127.0.0.1:{{port}}",
          "workload": { "name": "default/far", "namespace": "default", "inbound": [ { "port": {{app}}, "protocol": "APP_PROTOCOL_{{protocol}}", "mtls": "MTLS_STRICT" } ] }
        }
        """;

    private static string Identity(Certificates? of) => of is null ? "" : $$"""

          "identity": { "id": "{{Certificates.Identity}}", "certificateChainFile": "{{of.Certificate}}", "privateKeyFile": "{{of.Key}}", "trustFile": "{{of.Authority}}" },
        """;
}
