using System.Text;

namespace Weft.Telemetry.Metrics;

/// <summary>The kinds of Prometheus metrics in use.</summary>
public enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>Everything there is to say about one metric.</summary>
/// <param name="Unit">"1" for a count, else the unit that the name ends in.</param>
/// <param name="Labels">Names, comma separated, for the documentation.</param>
public sealed record Metric(string Name, MetricKind Kind, string Unit, string Help, string Labels);

/// <summary>Every metric of the proxy: names and helps are data, and a test holds them unique. docs/metrics.md is printed from here.</summary>
public static class MetricCatalogue
{
    private const string EdgeLabels =
        "reporter, source_workload, source_workload_namespace, source_principal, source_app, source_version, source_canonical_service, "
        + "source_canonical_revision, source_cluster, destination_workload, destination_workload_namespace, destination_principal, destination_app, "
        + "destination_version, destination_service, destination_service_name, destination_service_namespace, destination_canonical_service, "
        + "destination_canonical_revision, destination_cluster, request_protocol, connection_security_policy";

    private const string RequestLabels = EdgeLabels + ", response_code, grpc_response_status, response_flags";

    public static Metric RequestsTotal { get; } = new("istio_requests_total", MetricKind.Counter, "1", "Ended requests.", RequestLabels);

    public static Metric RequestDuration { get; } = new(
        "istio_request_duration_milliseconds", MetricKind.Histogram, "milliseconds", "From the first byte of a request to the last of its response.", RequestLabels);

    public static Metric RequestBytes { get; } = new("istio_request_bytes", MetricKind.Histogram, "bytes", "Sizes of request bodies.", RequestLabels);

    public static Metric ResponseBytes { get; } = new("istio_response_bytes", MetricKind.Histogram, "bytes", "Sizes of response bodies.", RequestLabels);

    public static Metric TcpSent { get; } = new("istio_tcp_sent_bytes_total", MetricKind.Counter, "bytes", "Bytes of opaque connections sent as responses.", EdgeLabels);

    public static Metric TcpReceived { get; } = new("istio_tcp_received_bytes_total", MetricKind.Counter, "bytes", "Bytes of opaque connections received as requests.", EdgeLabels);

    public static Metric TcpOpened { get; } = new("istio_tcp_connections_opened_total", MetricKind.Counter, "1", "Opaque connections opened.", EdgeLabels);

    public static Metric TcpClosed { get; } = new("istio_tcp_connections_closed_total", MetricKind.Counter, "1", "Opaque connections closed.", EdgeLabels);

    public static Metric Faults { get; } = new("weft_faults_total", MetricKind.Counter, "1", "Requests and connections that ended in a fault (docs/faults.md).", "fault, blame");

    public static Metric LogDrops { get; } = new("weft_log_drops_total", MetricKind.Counter, "1", "Access log lines dropped because the writer could not keep up.", "");

    public static Metric SpanDrops { get; } = new("weft_span_drops_total", MetricKind.Counter, "1", "Trace spans dropped before they were exported.", "");

    public static Metric TapDrops { get; } = new("weft_tap_drops_total", MetricKind.Counter, "1", "Tapped requests dropped before they were sent.", "");

    public static Metric Edges { get; } = new("weft_edges", MetricKind.Gauge, "1", "Edges whose requests are counted apart.", "");

    public static Metric ConnectionsActive { get; } = new("weft_connections_active", MetricKind.Gauge, "1", "Connections that applications and peers have open to this proxy.", "");

    public static Metric ClusterInUse { get; } = new("weft_cluster_in_use", MetricKind.Gauge, "1", "What is in use of a cluster's limits.", "cluster, resource");

    public static Metric ClusterOverflows { get; } = new(
        "weft_cluster_overflows_total", MetricKind.Counter, "1", "Requests, retries and connections that a cluster's limits or retry budget refused.", "cluster, resource");

    public static Metric ClusterEjections { get; } = new("weft_cluster_ejections_total", MetricKind.Counter, "1", "Endpoints ejected as outliers.", "cluster");

    public static Metric ClusterEndpointsOut { get; } = new(
        "weft_cluster_endpoints_out", MetricKind.Gauge, "1", "Endpoints that are kept from traffic by outlier detection (ejected) or health checks (unhealthy).", "cluster, reason");

    public static Metric ControlConnected { get; } = new("weft_control_connected", MetricKind.Gauge, "1", "1 while the discovery stream is open.", "");

    public static Metric ConfigRefused { get; } = new("weft_config_refused_total", MetricKind.Counter, "1", "Configuration updates that did not compile; the last good ones stay in force.", "");

    public static Metric ConfigApplied { get; } = new("weft_config_applied_total", MetricKind.Counter, "1", "Configuration resources taken over.", "");

    public static Metric CertificateExpiry { get; } = new("weft_certificate_expiry_seconds", MetricKind.Gauge, "seconds", "When the workload certificate expires, in unix time.", "");

    public static Metric ResidentMemory { get; } = new("process_resident_memory_bytes", MetricKind.Gauge, "bytes", "Resident memory of the process.", "");

    public static Metric CpuSeconds { get; } = new("process_cpu_seconds_total", MetricKind.Counter, "seconds", "User and system time of the process.", "");

    public static Metric OverloadStep { get; } = new("weft_overload_step", MetricKind.Gauge, "1", "The step of the overload ladder (docs/life-cycle.md): 0 sheds nothing, 4 accepts nothing.", "");

    public static Metric OverloadPressure { get; } = new("weft_overload_pressure_ratio", MetricKind.Gauge, "ratio", "How much of its nearest limit (memory, descriptors or connections) the proxy takes up; 1 is all of it.", "resource");

    public static Metric LoopStalls { get; } = new("weft_loop_stalls_total", MetricKind.Counter, "1", "Loop turns that lasted so long that the watchdog warned of them.", "");

    public static IReadOnlyList<Metric> All { get; } =
    [
        RequestsTotal, RequestDuration, RequestBytes, ResponseBytes, TcpSent, TcpReceived, TcpOpened, TcpClosed, Faults, LogDrops, SpanDrops, TapDrops,
        Edges, ConnectionsActive, ClusterInUse, ClusterOverflows, ClusterEjections, ClusterEndpointsOut, ControlConnected, ConfigRefused, ConfigApplied, CertificateExpiry, ResidentMemory, CpuSeconds,
        OverloadStep, OverloadPressure, LoopStalls,
        .. Enum.GetValues<LoopCounter>().Select(Of),
    ];

    public static Metric Of(LoopCounter counter) => counter switch
    {
        LoopCounter.DownstreamAccepted => Count("weft_downstream_connections_total", "Connections accepted from applications and peers."),
        LoopCounter.DownstreamClosed => Count("weft_downstream_connections_closed_total", "Accepted connections that ended."),
        LoopCounter.UpstreamOpened => Count("weft_upstream_connections_total", "Connections opened to peers, applications and the world outside."),
        LoopCounter.UpstreamClosed => Count("weft_upstream_connections_closed_total", "Opened connections that ended."),
        LoopCounter.UpstreamReused => Count("weft_upstream_reused_total", "Tries of requests, copies and health checks that went over a connection that was open already."),
        LoopCounter.HandshakesServer => Count("weft_tls_server_handshakes_total", "TLS handshakes completed as server."),
        LoopCounter.HandshakesClient => Count("weft_tls_client_handshakes_total", "TLS handshakes completed as client."),
        LoopCounter.HandshakesResumed => Count("weft_tls_resumed_total", "TLS handshakes that resumed a session."),
        LoopCounter.HandshakeFailures => Count("weft_tls_handshake_failures_total", "TLS handshakes that failed, as client or server."),
        LoopCounter.Retries => Count("weft_retries_total", "Tries beyond a request's first."),
        LoopCounter.Mirrors => Count("weft_mirrors_total", "Copies of requests sent to mirrors."),
        LoopCounter.MirrorsDropped => Count("weft_mirrors_dropped_total", "Copies of requests left out, cut off or not answered: too many under way, a mirror that was too slow or gone, a request that was not whole itself."),
        LoopCounter.Hedges => Count("weft_hedges_total", "Further tries of requests whose answer had not begun after their cluster's hedging time."),
        LoopCounter.HedgesWon => Count("weft_hedges_won_total", "Requests that were answered by a further try before their first."),
        LoopCounter.TriesLetGo => Count("weft_tries_let_go_total", "Tries of hedged requests given up because another one was answered first, or the client left."),
        LoopCounter.SlowTurns => Count("weft_loop_slow_turns_total", "Loop turns that took longer than 10 ms."),
        LoopCounter.Shed => Count("weft_shed_total", "Requests and connections refused to stay within memory and descriptor limits."),
        LoopCounter.HealthProbes => Count("weft_health_probes_total", "Questions to endpoints for their health."),
        LoopCounter.HealthProbeFailures => Count("weft_health_probe_failures_total", "Questions to endpoints for their health that were not answered as they should."),
        _ => throw new System.Diagnostics.UnreachableException($"{counter} has no row"),
    };

    /// <summary>docs/metrics.md.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder("# Metrics of weft-proxy\n\nPrinted from `MetricCatalogue`; a test keeps this file equal to it.\n");
        foreach (Metric metric in All)
        {
            text.Append($"\n## {metric.Name}\n\n{metric.Kind.ToString().ToLowerInvariant()}, unit {metric.Unit}. {metric.Help}\n");
            if (metric.Labels.Length > 0)
            {
                text.Append($"\nLabels: {metric.Labels}.\n");
            }
        }

        text.Append("\n## Buckets\n\n");
        text.Append($"Latency, ms: {string.Join(", ", LatencyBounds.Milliseconds.ToArray())}.\n\n");
        text.Append($"Sizes, bytes: {string.Join(", ", SizeBounds.Bytes.ToArray())}.\n");
        return text.ToString();
    }

    private static Metric Count(string name, string help) => new(name, MetricKind.Counter, "1", help, "");
}
