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
        new("DestinationRule", "trafficPolicy.tls.clientCertificate", "Certificates are not read from files beside the proxy: put them into a Secret and name it by credentialName."),
        new("DestinationRule", "trafficPolicy.tls.privateKey", "Keys are not read from files beside the proxy: put them into a Secret and name it by credentialName."),
        new("DestinationRule", "trafficPolicy.tls.caCertificates", "Authorities are not read from files beside the proxy: put them into a Secret and name it by credentialName."),
        new("DestinationRule", "trafficPolicy.tls.caCrl", "Revocation lists are not read from files beside the proxy: put one into the Secret's ca.crl."),
        new("DestinationRule", "trafficPolicy.tunnel", "Tunnelling through an HTTP proxy is not supported: connections go directly."),
        new("Sidecar", "ingress", "Ports come from Services and containers, and lead to the same port of the application."),
        new("Sidecar", "inboundConnectionPool", "Connections to the application have no limits of their own."),
        new("Sidecar", "egress.port", "The hosts of an egress listener hold for all ports."),
        new("Sidecar", "egress.bind", "Every address is captured; there are no listeners on single addresses."),
        new("Sidecar", "egress.captureMode", "Traffic is always captured."),
        new("Sidecar", "outboundTrafficPolicy.egressProxy", "EgressProxy is not acted on (in Istio hardly either): route through an egress gateway by a VirtualService."),
        new("ServiceEntry", "endpoints.network", "There is one network."),
        new("WorkloadEntry", "network", "There is one network."),
        new("Gateway", "servers.port.targetPort", "TargetPort has no effect (in Istio neither)."),
        new("Gateway", "servers.tls.serverCertificate", "Certificates are not read from files beside the proxy: put them into a Secret and name it by credentialName."),
        new("Gateway", "servers.tls.privateKey", "Keys are not read from files beside the proxy: put them into a Secret and name it by credentialName."),
        new("Gateway", "servers.tls.caCertificates", "Authorities are not read from files beside the proxy: put them into a Secret and name it by credentialName."),
        new("Gateway", "servers.tls.caCrl", "Revocation lists are not read from files beside the proxy: put one into the Secret's ca.crl."),
        new("Gateway", "servers.tls.tlsCertificates", "Certificates are not read from files beside the proxy: name Secrets by credentialNames."),
        new("Gateway", "servers.tls.caCertCredentialName", "The authority is read from the Secret of credentialName, or from NAME-cacert."),
        new("Gateway", "servers.tls.cipherSuites", "Cipher suites are those of TLS 1.2 and 1.3 that are held for safe."),
        new("Gateway", "servers.tls.ecdhCurves", "Curves are those of the TLS library."),
        new("Gateway", "servers.tls.insecureSkipVerify", "Client certificates are always verified where they are asked for."),
        new("Gateway", "servers.tls.verifyCertificateHash", "Certificates are known by their subject alternative names, not by hashes."),
        new("Gateway", "servers.tls.verifyCertificateSpki", "Certificates are known by their subject alternative names, not by hashes."),
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
