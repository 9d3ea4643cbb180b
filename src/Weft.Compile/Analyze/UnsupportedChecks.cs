using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
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
        if (resource.Kind == GatewayKinds.BackendTrafficPolicy && new Field(resource.Spec, FieldPath.Root.Child("spec"))["sessionPersistence"] is { Exists: true } session)
        {
            context.Report.Add(resource, ProblemCodes.UnsupportedField, session, "SessionPersistence is acted on in a rule of an HTTPRoute; write it there.");
        }
        foreach (UnsupportedField field in resource.Group.EndsWith("istio.io", StringComparison.Ordinal) ? UnsupportedFields.All.Where(f => f.Kind == resource.Kind) : [])
        {
            foreach (Field found in Written(new Field(resource.Spec, FieldPath.Root.Child("spec")), field.Path))
            {
                context.Report.Add(resource, ProblemCodes.UnsupportedField, found, field.Instead);
            }
        }
    }

    /// <summary>A DestinationRule writes the same blocks at three levels.</summary>
    private static IEnumerable<Field> Written(Field spec, string path)
    {
        const string Policy = "trafficPolicy.";
        string[] steps = path.Split('.');
        IEnumerable<Field> found = Reach([spec], steps);
        if (path.StartsWith(Policy, StringComparison.Ordinal))
        {
            found = found.Concat(Reach([spec["subsets"]], steps)).Concat(Reach([spec["trafficPolicy"]["portLevelSettings"]], steps.AsSpan(1)));
        }
        return found;
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
