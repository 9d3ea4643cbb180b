using System.Text.RegularExpressions;
using Weft.Conformance.Explain;

namespace Weft.Conformance.Live;

/// <summary>Every feature of traffic has a row that runs through proxies; a row that cannot says why in its field "live".</summary>
public sealed class LiveFeatureTests
{
    /// <summary>Feature, and what a row's configuration or request has in it when it is about that.</summary>
    public static TheoryData<string, string> Features => new()
    {
        { "match by path", @"uri: \{(exact|prefix|regex)" }, { "match without case", "ignoreUriCase" }, { "match by scheme", "scheme:" }, { "match by method", "method:" },
        { "match by authority", "authority: \\{(exact|prefix|regex)" }, { "match by header", "headers: \\{" }, { "match without header", "withoutHeaders" }, { "match by query", "queryParams" },
        { "match by port", @"match: \[\{port:" }, { "match by source labels", "sourceLabels" }, { "match by source namespace", "sourceNamespace" }, { "match by gateway", @"match: \[\{gateways" },
        { "delegation", "delegate:" }, { "weights", "weight: [1-9]" }, { "redirect", "redirect:" }, { "direct response", "directResponse:" }, { "rewrite", "rewrite: \\{" },
        { "rewrite by expression", "uriRegexRewrite" }, { "delay", "fixedDelay" }, { "abort", "httpStatus" }, { "abort of gRPC", "grpcStatus" }, { "mirror", "mirrors?:" }, { "CORS", "corsPolicy" },
        { "headers", "headers: \\{request" }, { "headers of answers", "response: \\{(set|add|remove)" }, { "timeout", "timeout:" }, { "retries", "retries:" }, { "TCP routes", @"\n\s+tcp: \[" }, { "TLS routes", "sniHosts" },
        { "subsets", "subsets:" }, { "port-level policy", "portLevelSettings" }, { "exportTo", "exportTo" }, { "workload selector of a rule", "workloadSelector" },
        { "round robin", "ROUND_ROBIN" }, { "least request", "LEAST_REQUEST|LEAST_CONN" }, { "random", "RANDOM" }, { "passthrough", "PASSTHROUGH" }, { "consistent hash", "consistentHash" },
        { "warm-up", "warmup" }, { "locality", "localityLbSetting" }, { "connection pool", "connectionPool" }, { "outlier detection", "outlierDetection" }, { "retry budget", "retryBudget" },
        { "TLS disabled", "tls: \\{mode: DISABLE" }, { "TLS origination", "mode: SIMPLE" }, { "mutual TLS origination", "mode: MUTUAL" }, { "mutual TLS of the mesh", "mode: ISTIO_MUTUAL" },
        { "static entries", "resolution: STATIC" }, { "entries by DNS", "resolution: DNS" }, { "entries by original destination", "resolution: NONE" }, { "workload entries", "kind: WorkloadEntry" },
        { "Sidecar scope", "kind: Sidecar" }, { "egress gateway", "egressgateway" }, { "registry only", "REGISTRY_ONLY" }, { "allow any", "nobody, all allowed" },
        { "gateway with TLS", @"tls: \{mode: SIMPLE, credentialName" }, { "gateway that passes TLS through", "mode: PASSTHROUGH" }, { "gateway that asks for certificates", "mode: MUTUAL" }, { "redirect to HTTPS", "httpsRedirect" },
        { "protocol selection", "appProtocol" }, { "peer authentication", "kind: PeerAuthentication" }, { "authorization", "kind: AuthorizationPolicy" }, { "authentication of requests", "kind: RequestAuthentication" },
        { "ring hash", "ringHash" }, { "Maglev", "maglev" }, { "localities by shares", "distribute:" }, { "localities by nearness", "failover:" }, { "localities by labels", "failoverPriority" },
        { "tunnel", "tunnel: " }, { "PROXY protocol", "proxyProtocol" }, { "HTTP/2 to the application", "h2UpgradePolicy: UPGRADE" }, { "mesh-wide traffic policy", "defaultTrafficPolicy" },
        { "entries by DNS in turns", "DNS_ROUND_ROBIN" }, { "entries by wildcard", @"hosts: \[""\*\." }, { "workload groups", "kind: WorkloadGroup" }, { "entries that select", "workloadSelector: \\{labels" },
        { "Sidecar ingress", "ingress: \\[" }, { "ingress by unix socket", "unix://" }, { "Sidecar egress by port", @"egress: \[\{port" }, { "egress proxy", "egressProxy" }, { "pool of the application", "inboundConnectionPool" },
        { "gateway that may ask for certificates", "OPTIONAL_MUTUAL" }, { "gateway of the mesh's own TLS", "protocol: HTTPS\\}, hosts: .*mode: ISTIO_MUTUAL" }, { "key pairs in files", "serverCertificate: " }, { "authority of a Secret of its own", "caCertCredentialName" },
        { "pinned client certificates", "verifyCertificateHash" }, { "several gateways", @"gateways: \[one, two" }, { "claims at a gateway", "@request.auth.claims" }, { "session persistence", "sessionPersistence" },
        { "TLSRoute", "kind: TLSRoute" }, { "TCPRoute", "kind: TCPRoute" }, { "ListenerSet", "kind: ListenerSet" }, { "BackendTLSPolicy", "kind: BackendTLSPolicy" }, { "XBackendTrafficPolicy", "kind: XBackendTrafficPolicy" },
        { "HTTPRoute", "kind: HTTPRoute" }, { "GRPCRoute", "kind: GRPCRoute" }, { "ReferenceGrant", "kind: ReferenceGrant" },
    };

    [Theory]
    [MemberData(nameof(Features))]
    public void Feature_OfTraffic_HasALiveRow(string feature, string pattern) =>
        Assert.True(ExplainTable.Rows.Any(r => ExplainTable.Load(r.File, r.Name).NotLive.Length == 0 && Regex.IsMatch($"{r.Name}\n{ExplainTable.TextOf(r.File, r.Name)}", pattern)), $"{feature}: no row has {pattern}");
}
