using System.Diagnostics;
using Weft.Bench.Measure;

namespace Weft.Bench.Contenders;

/// <summary>The shipped binary with its metrics on, configured from a file instead of a control plane.</summary>
internal sealed class WeftOneHop : Contender
{
    public override string Name => "weft";

    public override Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        int port = Workbench.FreePort();
        return StartedAsync(Name, port, [WeftConfig.Start(bench, "weft", WeftConfig.Gateway(port, bench.OriginPort, "HTTP1"))], ct);
    }
}

internal sealed class WeftTcp : Contender
{
    public override string Name => "weft";

    public override Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        int port = Workbench.FreePort();
        return StartedAsync(Name, port, [WeftConfig.Start(bench, "weft-tcp", WeftConfig.Gateway(port, bench.OriginPort, "TCP"))], ct);
    }
}

/// <summary>TLS ended at a gateway's listener, requests passed on in plain text.</summary>
internal sealed class WeftTls(bool isMutual) : Contender
{
    public override string Name => "weft";

    public override Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        int port = Workbench.FreePort();
        return StartedAsync(Name, port, [WeftConfig.Start(bench, "weft-tls", WeftConfig.Secure(port, bench.OriginPort, Certificates.In(bench), isMutual))], ct);
    }
}

/// <summary>Two processes with the peer protocol over mutual TLS between them, identities checked on both sides.</summary>
internal sealed class WeftTwoHop : Contender
{
    public override string Name => "weft";

    public override Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        Certificates certificates = Certificates.In(bench);
        int port = Workbench.FreePort(), between = Workbench.FreePort();
        string peer = $"\"peerProtocol\": \"weft/1\", \"identity\": \"{Certificates.Identity}\", \"targetPort\": {bench.OriginPort},";
        return StartedAsync(
            Name, port,
            [
                WeftConfig.Start(bench, "weft-far", WeftConfig.Inbound(between, bench.OriginPort, certificates)),
                WeftConfig.Start(bench, "weft-near", WeftConfig.Gateway(port, between, "HTTP1", peer, certificates)),
            ],
            ct);
    }
}

/// <summary>Static configurations: the schema's messages in the JSON form of protobuf.</summary>
internal static class WeftConfig
{
    private const string Route = "gateway/default/bench:80";
    private const string Cluster = "origin.default:80";

    public static Process Start(Workbench bench, string name, string config) =>
        bench.Start(Workbench.ProxyCore, Workbench.Binary("weft-proxy"), ["static", "--config", bench.Write($"{name}.json", config)]);

    public static string Gateway(int port, int upstream, string protocol, string peer = "", Certificates? identity = null) => $$"""
        {
          "loops": 1,{{Identity(identity)}}
          "workload": { "name": "default/near", "namespace": "default", "gatewayListeners": [
            { "name": "bench", "port": {{port}}, "protocol": "APP_PROTOCOL_{{protocol}}", "hosts": ["*"], "routeSet": "{{Route}}", "tcpRouteSet": "{{Route}}/tcp" } ] },
          "routeSets": [ { "name": "{{Route}}", "virtualHosts": [ { "hosts": ["*"], "routes": [
            { "origin": { "kind": "Bench", "name": "bench" }, "forward": { "clusters": [ { "cluster": "{{Cluster}}", "weight": 1 } ] } } ] } ] } ],
          "tcpRouteSets": [ { "name": "{{Route}}/tcp", "routes": [ { "clusters": [ { "cluster": "{{Cluster}}", "weight": 1 } ] } ] } ],
          "clusters": [ { "name": "{{Cluster}}", "service": "origin.default", "namespace": "default", "port": 80, "protocol": "APP_PROTOCOL_{{protocol}}" } ],
          "endpointSets": [ { "name": "{{Cluster}}", "endpoints": [ { "address": "127.0.0.1", "port": {{upstream}}, {{peer}} "weight": 1, "workload": "default/origin" } ] } ]
        }
        """;

    public static string Secure(int port, int upstream, Certificates certificates, bool isMutual)
    {
        static string Text(string file) => System.Text.Json.JsonEncodedText.Encode(File.ReadAllText(file)).ToString();
        string listener = $"\"tls\": {{ \"mode\": \"MODE_{(isMutual ? "MUTUAL" : "SIMPLE")}\", \"credentials\": [\"default/bench\"] }}, \"routeSet\"";
        string credential = $$"""
            "credentials": [ { "name": "default/bench", "certificatePem": "{{Text(certificates.Certificate)}}", "privateKeyPem": "{{Text(certificates.Key)}}",
              "trustedCaPem": "{{Text(certificates.Authority)}}" } ],
              "routeSets"
            """;
        return Gateway(port, upstream, "HTTP1").Replace("APP_PROTOCOL_HTTP1\", \"hosts", "APP_PROTOCOL_HTTPS\", \"hosts", StringComparison.Ordinal)
            .Replace("\"routeSet\"", listener, StringComparison.Ordinal).Replace("\"routeSets\"", credential, StringComparison.Ordinal);
    }

    public static string Inbound(int port, int app, Certificates identity) => $$"""
        {
          "loops": 1,{{Identity(identity)}}
          "inbound": "127.0.0.1:{{port}}",
          "workload": { "name": "default/far", "namespace": "default", "inbound": [ { "port": {{app}}, "protocol": "APP_PROTOCOL_HTTP1", "mtls": "MTLS_STRICT" } ] }
        }
        """;

    private static string Identity(Certificates? of) => of is null ? "" : $$"""

          "identity": { "id": "{{Certificates.Identity}}", "certificateChainFile": "{{of.Certificate}}", "privateKeyFile": "{{of.Key}}", "trustFile": "{{of.Authority}}" },
        """;
}
