using System.Text;

namespace Weft.Compile.Analyze;

/// <summary>A field of Istio that is understood and not acted on. <paramref name="Path"/> leaves out list and map steps.</summary>
/// <param name="Instead">One sentence: what happens in its place.</param>
public sealed record UnsupportedField(string Kind, string Path, string Instead);

/// <summary>The whole list; docs/istio-fields.md is printed from it, and analysis reports each where it is written.</summary>
public static class UnsupportedFields
{
    public static readonly IReadOnlyList<UnsupportedField> All =
    [
        new("VirtualService", "http.match.statPrefix", "StatPrefix names Envoy's own statistics."),
        new("VirtualService", "http.fault.delay.exponentialDelay", "ExponentialDelay is implemented nowhere, here neither."),
        new("VirtualService", "http.fault.abort.http2Error", "Http2Error is implemented nowhere, here neither."),
        new("VirtualService", "tcp.match.sourceSubnet", "SourceSubnet is not acted on (in Istio neither)."),
        new("DestinationRule", "trafficPolicy.loadBalancer.backendUtilization", "Loads reported by backends are not read; peak EWMA measures response times instead."),
        new("Sidecar", "inboundConnectionPool.tcp.tcpKeepalive", "TCP keep-alive towards the application has the proxy's own settings."),
        new("Sidecar", "inboundConnectionPool.tcp.maxConnectionDuration", "Connections to the application are not ended by age."),
        new("Sidecar", "inboundConnectionPool.http.useClientProtocol", "The application is spoken to as its port declares."),
        new("Sidecar", "inboundConnectionPool.http.http2KeepAlive", "HTTP/2 connections are checked by the proxy's own settings."),
        new("Sidecar", "inboundConnectionPool.http.maxConcurrentStreams", "The number of streams of a connection is the application's own setting."),
        new("Sidecar", "inboundConnectionPool.http.maxRetries", "Requests to the application are retried only when it did nothing with them."),
        new("Sidecar", "ingress.connectionPool.tcp.tcpKeepalive", "TCP keep-alive towards the application has the proxy's own settings."),
        new("Sidecar", "ingress.connectionPool.tcp.maxConnectionDuration", "Connections to the application are not ended by age."),
        new("Sidecar", "ingress.connectionPool.http.useClientProtocol", "The application is spoken to as its port declares."),
        new("Sidecar", "ingress.connectionPool.http.http2KeepAlive", "HTTP/2 connections are checked by the proxy's own settings."),
        new("Sidecar", "ingress.connectionPool.http.maxConcurrentStreams", "The number of streams of a connection is the application's own setting."),
        new("Sidecar", "ingress.connectionPool.http.maxRetries", "Requests to the application are retried only when it did nothing with them."),
        new("Sidecar", "ingress.bind", "Every address of the workload is captured; a listener has none of its own."),
        new("Sidecar", "ingress.captureMode", "Traffic to the workload is always captured."),
        new("Sidecar", "egress.port.targetPort", "TargetPort has no effect (in Istio neither)."),
        new("Sidecar", "ingress.port.targetPort", "TargetPort has no effect (in Istio neither)."),
        new("Sidecar", "egress.bind", "Every address is captured; there are no listeners on single addresses."),
        new("Sidecar", "egress.captureMode", "Traffic is always captured."),
        new("ServiceEntry", "endpoints.network", "There is one network."),
        new("WorkloadEntry", "network", "There is one network."),
        new("WorkloadGroup", "template.network", "There is one network."),
        new("WorkloadGroup", "probe", "A process of `weft run` is ready when its ports accept connections."),
        new("Gateway", "servers.port.targetPort", "TargetPort has no effect (in Istio neither)."),
        new("Gateway", "servers.defaultEndpoint", "DefaultEndpoint is implemented nowhere, here neither."),
        new("Telemetry", "metrics", "The standard metrics are always kept with their standard tags."),
        new("Telemetry", "accessLogging.filter", "The access log is not filtered by expressions."),
    ];

    /// <summary>docs/istio-fields.md.</summary>
    public static string ToMarkdown()
    {
        StringBuilder text = new();
        text.Append("# Istio fields that are not acted on\n\nEvery other field of VirtualService, DestinationRule, ServiceEntry, Gateway, Sidecar and WorkloadEntry has rows in tests/Conformance/Explain. Printed from the table in the code; do not edit.\n\n");
        text.Append("| kind | field | instead |\n|---|---|---|\n");
        foreach (UnsupportedField field in All)
        {
            text.Append("| ").Append(field.Kind).Append(" | `").Append(field.Path).Append("` | ").Append(field.Instead).Append(" |\n");
        }
        return text.ToString();
    }
}
