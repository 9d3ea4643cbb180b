using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Kit;

/// <summary>What one proxy in front of one upstream is told.</summary>
internal sealed record GatewayPlan(int Port, int Upstream)
{
    /// <summary>A second port of the same routes behind TLS; 0: none.</summary>
    public int TlsPort { get; init; }

    /// <summary>As the schema names protocols, without its prefix.</summary>
    public string Listener { get; init; } = "HTTP1";

    public string Cluster { get; init; } = "HTTP1";

    public RingCertificates? Certificates { get; init; }

    /// <summary>The upstream is the inbound port of a peer, which serves this port of its application.</summary>
    public int PeerOf { get; init; }
}

/// <summary>The shipped binary, configured from a file.</summary>
internal static class WeftProxy
{
    /// <summary>What proxies of one mesh say to each other.</summary>
    internal const string PeerProtocol = "weft/1";

    private const string Route = "gateway/default/ring:80";
    private const string Cluster = "origin.default:80";

    public static string Binary
    {
        get
        {
            string binary = Repository.Binary("weft-proxy");
            Assert.SkipUnless(File.Exists(binary), "needs artifacts/bin/weft-proxy (eng/build makes it)");
            return binary;
        }
    }

    /// <summary>client → gateway → upstream.</summary>
    /// <param name="folder">Where its configuration is written.</param>
    /// <param name="plan">What it is told.</param>
    /// <param name="openFiles">Descriptors it may have; 0: as many as the system lets it.</param>
    public static Task<ChildProcess> StartGatewayAsync(string folder, GatewayPlan plan, int openFiles = 0) => StartAsync(folder, "near", plan.Port, Gateway(plan), openFiles);

    /// <summary>What a proxy of that name and port was started with.</summary>
    public static string ConfigFile(string folder, string name, int port) => Path.Combine(folder, $"{name}-{port}.json");

    /// <summary>client → gateway ═ mutual TLS ═ inbound → upstream. The plan is the outer one's; the upstream is the inner one's.</summary>
    public static async Task<ChildProcess[]> StartPairAsync(string folder, GatewayPlan plan)
    {
        RingCertificates certificates = plan.Certificates ?? throw new ArgumentException("a pair needs certificates", nameof(plan));
        int between = ChildProcess.FreePort();
        ChildProcess far = await StartAsync(folder, "far", between, Inbound(between, plan.Upstream, plan.Cluster, certificates));
        return [far, await StartGatewayAsync(folder, plan with { Upstream = between, PeerOf = plan.Upstream })];
    }

    private static async Task<ChildProcess> StartAsync(string folder, string name, int port, string config, int openFiles = 0)
    {
        string file = ConfigFile(folder, name, port);
        await File.WriteAllTextAsync(file, config);
        ChildProcess process = openFiles == 0
            ? ChildProcess.Start(Binary, ["static", "--config", file])
            : ChildProcess.Start("/bin/sh", ["-c", $"ulimit -n {openFiles}; exec {Binary} static --config {file}"]);
        return await process.AcceptingAsync(port);
    }

    private static string Gateway(GatewayPlan plan)
    {
        string peer = plan.PeerOf == 0 ? "" : $"\"peerProtocol\": \"{PeerProtocol}\", \"identity\": \"{RingCertificates.Identity}\", \"targetPort\": {plan.PeerOf},";
        string tls = plan.TlsPort == 0 ? "" : $$"""
            , { "name": "tls", "port": {{plan.TlsPort}}, "protocol": "APP_PROTOCOL_HTTPS", "hosts": ["*"], "routeSet": "{{Route}}",
                "tls": { "mode": "MODE_SIMPLE", "credentials": ["default/ring"] } }
            """;
        return $$"""
            {
              "loops": 1,{{Identity(plan.Certificates)}}{{Credential(plan)}}
              "workload": { "name": "default/near", "namespace": "default", "telemetry": { "accessLog": true }, "gatewayListeners": [
                { "name": "ring", "port": {{plan.Port}}, "protocol": "APP_PROTOCOL_{{plan.Listener}}", "hosts": ["*"], "routeSet": "{{Route}}", "tcpRouteSet": "{{Route}}/tcp" }{{tls}} ] },
              "routeSets": [ { "name": "{{Route}}", "virtualHosts": [ { "hosts": ["*"], "routes": [
                { "origin": { "kind": "Ring", "name": "ring" }, "forward": { "clusters": [ { "cluster": "{{Cluster}}", "weight": 1 } ] } } ] } ] } ],
              "tcpRouteSets": [ { "name": "{{Route}}/tcp", "routes": [ { "clusters": [ { "cluster": "{{Cluster}}", "weight": 1 } ] } ] } ],
              "clusters": [ { "name": "{{Cluster}}", "service": "origin.default", "namespace": "default", "port": 80, "protocol": "APP_PROTOCOL_{{plan.Cluster}}" } ],
              "endpointSets": [ { "name": "{{Cluster}}", "endpoints": [ { "address": "127.0.0.1", "port": {{plan.Upstream}}, {{peer}} "weight": 1, "workload": "default/origin" } ] } ]
            }
            """;
    }

    private static string Inbound(int port, int app, string protocol, RingCertificates identity) => $$"""
        {
          "loops": 1,{{Identity(identity)}}
          "inbound": "127.0.0.1:{{port}}",
          "workload": { "name": "default/far", "namespace": "default", "telemetry": { "accessLog": true },
            "inbound": [ { "port": {{app}}, "protocol": "APP_PROTOCOL_{{protocol}}", "mtls": "MTLS_STRICT" } ] }
        }
        """;

    private static string Identity(RingCertificates? of) => of is null ? "" : $$"""

          "identity": { "id": "{{RingCertificates.Identity}}", "certificateChainFile": "{{of.Certificate}}", "privateKeyFile": "{{of.Key}}", "trustFile": "{{of.Authority}}" },
        """;

    private static string Credential(GatewayPlan plan) => plan.TlsPort == 0 || plan.Certificates is not { } c ? "" : $$"""

          "credentials": [ { "name": "default/ring", "certificatePem": {{Text(c.Certificate)}}, "privateKeyPem": {{Text(c.Key)}} } ],
        """;

    private static string Text(string file) => System.Text.Json.JsonSerializer.Serialize(File.ReadAllText(file));
}
