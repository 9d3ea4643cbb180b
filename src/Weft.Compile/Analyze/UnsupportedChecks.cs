using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>What is understood and not acted on: reported where it is written, never silently ignored.</summary>
internal static class UnsupportedChecks
{
    private static readonly Dictionary<(string Group, string Kind), string> Kinds = new()
    {
        [(IstioKinds.Networking, "EnvoyFilter")] = "EnvoyFilter patches Envoy's own configuration, which Weft's proxy does not have. Say what it is for by VirtualService, DestinationRule or Telemetry.",
        [(IstioKinds.Networking, "ProxyConfig")] = "ProxyConfig sets Envoy's threads and environment. Weft's proxy sizes itself.",
        [(IstioKinds.Extensions, "WasmPlugin")] = "Weft's proxy runs no Wasm plugins.",
        [(IstioKinds.Extensions, "TrafficExtension")] = "Weft's proxy runs no Wasm or Lua extensions.",
        [("gateway.networking.k8s.io", "UDPRoute")] = "Weft carries no UDP.",
        [("networking.k8s.io", "Ingress")] = "Ingress is not acted on. Use a Gateway with an HTTPRoute or a VirtualService.",
    };

    /// <summary>Fields below a list or map are reached through every element.</summary>
    private static readonly Dictionary<string, (string Path, string Message)[]> Fields = new()
    {
        ["VirtualService"] =
        [
            ("http.match.statPrefix", "statPrefix names Envoy's own statistics."),
            ("http.fault.delay.exponentialDelay", "exponentialDelay is implemented nowhere, here neither."),
            ("http.fault.abort.http2Error", "http2Error is implemented nowhere, here neither."),
            ("http.retries.retryRemoteLocalities", "retries go to whom the balancer picks, in any locality."),
            ("tcp.match.sourceSubnet", "sourceSubnet is not acted on (in Istio neither)."),
            ("tls.match.sourceSubnet", "sourceSubnet is not acted on (in Istio neither)."),
        ],
        ["DestinationRule"] =
        [
            ("trafficPolicy.connectionPool.tcp.tcpKeepalive", "TCP keep-alive has the proxy's own settings."),
            ("trafficPolicy.connectionPool.tcp.maxConnectionDuration", "connections are not ended by age."),
            ("trafficPolicy.connectionPool.http.useClientProtocol", "the protocol upstream is the port's, not the client's."),
        ],
        ["Gateway"] = [("servers.defaultEndpoint", "defaultEndpoint is implemented nowhere, here neither.")],
        ["Telemetry"] = [("metrics", "the standard metrics are always kept with their standard tags."), ("accessLogging.filter", "the access log is not filtered by expressions.")],
    };

    private static readonly Dictionary<string, (string Path, string Successor)[]> Deprecated = new()
    {
        ["VirtualService"] =
        [
            ("http.fault.delay.percent", "percentage"), ("http.fault.abort.percent", "percentage"), ("http.mirrorPercent", "mirrorPercentage"),
            ("http.corsPolicy.allowOrigin", "allowOrigins"),
        ],
        ["DestinationRule"] =
        [
            ("trafficPolicy.outlierDetection.consecutiveErrors", "consecutive5xxErrors"), ("trafficPolicy.loadBalancer.warmupDurationSecs", "warmup"),
            ("trafficPolicy.loadBalancer.consistentHash.minimumRingSize", "ringHash"),
        ],
    };

    public static void Run(AnalysisContext context, Resource resource)
    {
        if (Kinds.TryGetValue((resource.Group, resource.Kind), out string? message))
        {
            context.Report.Add(resource, ProblemCodes.UnsupportedKind, "", message);
            return;
        }
        Successors(context, resource);
        if (!resource.Group.EndsWith("istio.io", StringComparison.Ordinal) || !Fields.TryGetValue(resource.Kind, out (string Path, string Message)[]? fields))
        {
            return;
        }
        Field spec = new(resource.Spec, FieldPath.Root.Child("spec"));
        foreach ((string path, string text) in fields)
        {
            foreach (Field found in Reach([spec], path.Split('.')))
            {
                context.Report.Add(resource, ProblemCodes.UnsupportedField, found, char.ToUpperInvariant(text[0]) + text[1..]);
            }
        }
    }

    private static void Successors(AnalysisContext context, Resource resource)
    {
        foreach ((string path, string successor) in resource.Group == IstioKinds.Networking ? Deprecated.GetValueOrDefault(resource.Kind) ?? [] : [])
        {
            foreach (Field found in Reach([new Field(resource.Spec, FieldPath.Root.Child("spec"))], path.Split('.')))
            {
                context.Report.Add(resource, "IST0002", found, $"Deprecated: {path[(path.LastIndexOf('.') + 1)..]} has become {successor}; it still works.", cure: $"Use {successor}.");
            }
        }
    }

    private static IEnumerable<Field> Reach(IEnumerable<Field> from, ReadOnlySpan<string> steps)
    {
        foreach (string step in steps)
        {
            from = from.SelectMany(f => f.IsList ? f.Items : [f]).Select(f => f[step]).Where(f => f.Exists).ToArray();
        }
        return from;
    }
}
