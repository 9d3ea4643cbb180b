using Weft.Resources;

namespace Weft.Compile;

/// <summary>Which pods are gateways rather than applications with a proxy beside them.</summary>
internal static class GatewayPods
{
    /// <summary>Set by `weft up` on the gateways it starts.</summary>
    public const string Label = "weft.dev/gateway";

    /// <summary>The label's value on the front door of a machine: it serves also the Gateways that have a workload of their own.</summary>
    public const string ServesAll = "all";

    public const string NameLabel = "gateway.networking.k8s.io/gateway-name";

    public static bool IsGateway(Resource pod) =>
        pod.Labels.ContainsKey(Label) || pod.Labels.ContainsKey(NameLabel)
        || (pod.Labels.TryGetValue("istio", out string? istio) && istio is "ingressgateway" or "egressgateway" or "eastwestgateway" or "ingress")
        || (pod.Annotations.TryGetValue("inject.istio.io/templates", out string? templates) && templates.Contains("gateway", StringComparison.Ordinal));
}
