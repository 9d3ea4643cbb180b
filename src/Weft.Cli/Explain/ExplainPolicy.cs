using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using Weft.Policy.Routing;

namespace Weft.Cli.Explain;

/// <summary>Writes what holds on the way to a destination: limits, ejection, TLS, hashing, localities. What nobody set is left out.</summary>
internal static class ExplainPolicy
{
    public static JsonObject? Write(Cluster cluster, EndpointSet? endpoints)
    {
        JsonObject json = [];
        Put(json, "connectTimeoutMs", Millis(cluster.ConnectTimeout));
        Put(json, "idleTimeoutMs", Millis(cluster.IdleTimeout));
        Put(json, "maxRequestsPerConnection", Positive(cluster.MaxRequestsPerConnection));
        Put(json, "h2Upgrade", cluster.H2Upgrade ? true : null);
        Put(json, "useClientProtocol", cluster.UseClientProtocol ? true : null);
        Put(json, "connectionShape", Shape(cluster.ConnectionShape));
        Put(json, "proxyProtocol", Positive(cluster.ProxyProtocol));
        Put(json, "tunnel", cluster.Tunnel is { } tunnel ? Of(("method", tunnel.Method), ("host", tunnel.Host), ("port", tunnel.Port)) : null);
        Put(json, "limits", Limits(cluster.Limits));
        Put(json, "outlier", Outlier(cluster.Outlier));
        Put(json, "retryBudget", cluster.RetryBudget is { } budget
            ? Of(("percent", budget.Percent), ("minConcurrent", Positive(budget.MinConcurrent)), ("minPerSecond", Positive(budget.MinPerSecond)), ("windowMs", Millis(budget.Window))) : null);
        Put(json, "tls", Tls(cluster.Tls));
        Put(json, "hash", Hash(cluster.Balancer));
        Put(json, "warmUp", cluster.Balancer?.WarmUp is { } warm
            ? Of(("durationMs", Millis(warm)), ("aggression", cluster.Balancer.WarmUpAggression), ("minimumPercent", cluster.Balancer.WarmUpMinimumPercent)) : null);
        Put(json, "locality", Locality(cluster.Locality));
        Put(json, "healthCheck", HealthCheck(cluster.HealthCheck));
        Put(json, "hedging", cluster.Hedging is { } hedging
            ? Of(("afterMs", Millis(hedging.After)), ("attempts", hedging.Attempts), ("budgetPercent", hedging.BudgetPercent)) : null);
        Put(json, "zoneAware", cluster.ZoneAware is { } zones ? Of(("enabled", zones.Enabled), ("minEndpoints", zones.MinEndpoints)) : null);
        Put(json, "endpoints", Endpoints(cluster, endpoints));
        return json.Count > 0 ? json : null;
    }

    /// <summary>What a BackendPolicy adds on the way to a cluster, a sentence for each of its blocks.</summary>
    public static IEnumerable<string> Why(Cluster cluster)
    {
        if (cluster.HealthCheck is { } check)
        {
            string probe = check.ProbeCase switch
            {
                Weft.Model.V1.HealthCheck.ProbeOneofCase.Http => $"GET {check.Http.Path}",
                Weft.Model.V1.HealthCheck.ProbeOneofCase.Grpc => $"grpc.health.v1 {(check.Grpc.Service.Length > 0 ? check.Grpc.Service : "of the server")}",
                _ => "a TCP connection",
            };
            yield return $"Its endpoints are asked by {probe} every {Millis(check.Interval)} ms, see {Explainer.Origin(check.Origin)}.";
        }
        if (cluster.Hedging is { } hedging)
        {
            yield return $"A safe request without an answer after {Millis(hedging.After)} ms is tried {(hedging.Attempts == 1 ? "once" : $"{hedging.Attempts} times")} more, see {Explainer.Origin(hedging.Origin)}.";
        }
        if (cluster.ZoneAware is { } zones)
        {
            yield return $"Zones are {(zones.Enabled ? $"kept to from {zones.MinEndpoints} endpoints on" : "not kept to")}, see {Explainer.Origin(zones.Origin)}.";
        }
    }

    public static JsonObject? Cors(RouteModel route, ExplainFacts facts)
    {
        if (route.Cors is not { } cors)
        {
            return null;
        }
        CorsDecision decision = cors.Decide(facts);
        JsonObject fields = [];
        for (int i = 0; decision.TryGetField(i, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value); i++)
        {
            if (!value.IsEmpty)
            {
                fields[System.Text.Encoding.UTF8.GetString(name)] = System.Text.Encoding.UTF8.GetString(value);
            }
        }
        string kind = decision.Kind switch { CorsKind.AnswerPreflight => "preflight", CorsKind.Actual => "actual", _ => "pass" };
        return Of(("kind", kind), ("fields", fields.Count > 0 ? fields : null));
    }

    private static JsonObject? Limits(ConnectionLimits? limits) => limits is null ? null : OrNull(Of(
        ("connections", Positive(limits.Connections)), ("pending", Positive(limits.Pending)), ("requests", Positive(limits.Requests)), ("retries", Positive(limits.Retries))));

    private static JsonObject? Shape(ConnectionShape? shape) => shape is null ? null : Of(
        ("maxDurationMs", Millis(shape.MaxDuration)), ("maxConcurrentStreams", Positive(shape.MaxConcurrentStreams)),
        ("tcpKeepAlive", shape.TcpKeepAlive is { } alive ? Of(("probes", Positive(alive.Probes)), ("timeMs", Millis(alive.Time)), ("intervalMs", Millis(alive.Interval))) : null),
        ("http2PingIntervalMs", Millis(shape.Http2PingInterval)), ("http2PingTimeoutMs", Millis(shape.Http2PingTimeout)));

    private static JsonObject? Outlier(OutlierDetection? outlier) => outlier is null ? null : Of(
        ("consecutive5xx", Positive(outlier.Consecutive5Xx)), ("consecutiveGatewayErrors", Positive(outlier.ConsecutiveGatewayErrors)),
        ("consecutiveLocalErrors", Positive(outlier.ConsecutiveLocalErrors)), ("splitLocalErrors", outlier.SplitLocalErrors ? true : null),
        ("intervalMs", Millis(outlier.Interval)), ("baseEjectionMs", Millis(outlier.BaseEjection)), ("maxEjectionPercent", outlier.MaxEjectionPercent),
        ("minHealthPercent", Positive(outlier.MinHealthPercent)), ("errorStatuses", List(outlier.ErrorStatuses.Select(s => (JsonNode)s))));

    private static JsonObject? Tls(UpstreamTls? tls) => tls is null ? null : OrNull(Of(
        ("sni", Text(tls.Sni)), ("credential", Text(tls.Credential)), ("subjectAltNames", List(tls.SubjectAltNames.Select(s => (JsonNode)s))),
        ("insecureSkipVerify", tls.InsecureSkipVerify ? true : null)));

    private static JsonObject? HealthCheck(HealthCheck? check) => check is null ? null : Of(
        ("http", check.Http is { } http ? Of(("path", http.Path), ("host", Text(http.Host)), ("expect", List(http.Expect.Select(e => (JsonNode)e)))) : null),
        ("grpc", check.Grpc is { } grpc ? Of(("service", grpc.Service)) : null),
        ("tcp", check.Tcp is null ? null : new JsonObject()),
        ("intervalMs", Millis(check.Interval)), ("timeoutMs", Millis(check.Timeout)),
        ("unhealthyAfter", check.UnhealthyAfter), ("healthyAfter", check.HealthyAfter), ("port", Positive(check.Port)));

    private static JsonObject? Hash(Balancer? balancer)
    {
        JsonObject json = [];
        Put(json, "ringSize", balancer?.Kind == Balancer.Types.Kind.RingHash ? balancer.RingSizeMin : null);
        Put(json, "tableSize", balancer?.Kind == Balancer.Types.Kind.Maglev ? balancer.TableSize : null);
        foreach (HashKey key in balancer?.HashKeys ?? [])
        {
            switch (key.SourceCase)
            {
                case HashKey.SourceOneofCase.Header:
                    json["header"] = key.Header;
                    break;
                case HashKey.SourceOneofCase.Query:
                    json["query"] = key.Query;
                    break;
                case HashKey.SourceOneofCase.SourceAddress:
                    json["sourceAddress"] = true;
                    break;
                case HashKey.SourceOneofCase.Cookie:
                    json["cookie"] = Of(("name", key.Cookie.Name), ("path", Text(key.Cookie.Path)), ("ttlMs", Millis(key.Cookie.Ttl)),
                        ("attributes", List(key.Cookie.Attributes.Select(a => (JsonNode)(a.Value.Length > 0 ? $"{a.Name}={a.Value}" : a.Name)))));
                    break;
            }
        }
        return OrNull(json);
    }

    /// <summary>What keeps a client with the endpoint that its session began with.</summary>
    public static JsonObject? Session(SessionModel? session) => session is null ? null : Of(
        ("cookie", session.Cookie is { } cookie ? Of(("name", cookie.Name.Text), ("ttlMs", cookie.Ttl is { } ttl ? (long)ttl.TotalMilliseconds : null)) : null),
        ("header", session.Header?.Text));

    private static JsonObject? Locality(LocalityPolicy? locality) => locality is null ? null : Of(
        ("enabled", locality.Enabled),
        ("distribute", List(locality.Distribute.Select(d => (JsonNode)Of(("from", d.From), ("to", new JsonObject(d.To.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => KeyValuePair.Create(t.Key, (JsonNode?)t.Value)))))))),
        ("failover", locality.Failover.Count > 0 ? new JsonObject(locality.Failover.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value))) : null),
        ("failoverPriority", List(locality.FailoverPriority.Select(p => (JsonNode)p))));

    /// <summary>Only what is more than an address: weights, places and identities.</summary>
    private static JsonArray? Endpoints(Cluster cluster, EndpointSet? endpoints) => List(
        (endpoints?.Endpoints.Select(e => (e.Address, e.Weight, e.Locality, e.Identity)) ?? cluster.Dns.Select(d => (Address: d.Host, d.Weight, d.Locality, Identity: "")))
            .Where(e => e.Weight > 1 || e.Locality.Length > 0 || e.Identity.Length > 0)
            .Select(e => (JsonNode)Of(("address", e.Address), ("weight", e.Weight > 1 ? e.Weight : null), ("locality", Text(e.Locality)), ("identity", Text(e.Identity)))));

    private static JsonObject Of(params ReadOnlySpan<(string Name, JsonNode? Value)> fields)
    {
        JsonObject json = [];
        foreach ((string name, JsonNode? value) in fields)
        {
            Put(json, name, value);
        }
        return json;
    }

    private static JsonObject? OrNull(JsonObject json) => json.Count > 0 ? json : null;

    private static JsonArray? List(IEnumerable<JsonNode> items) => items.ToArray() is { Length: > 0 } all ? new JsonArray(all) : null;

    private static void Put(JsonObject json, string name, JsonNode? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }

    private static JsonNode? Millis(Duration? duration) => duration is null ? null : (long)duration.ToTimeSpan().TotalMilliseconds;

    private static JsonNode? Positive(uint number) => number > 0 ? number : null;

    private static JsonNode? Text(string text) => text.Length > 0 ? text : null;
}
