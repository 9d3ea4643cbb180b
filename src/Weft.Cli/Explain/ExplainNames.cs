using Weft.Model.V1;

namespace Weft.Cli.Explain;

/// <summary>The words of interfaces for the schema's enumerations. Scripts compare them: they never change.</summary>
internal static class ExplainNames
{
    public static string Balancer(Cluster cluster) => Weft.Balancing.BalancerModel.Compile(cluster).Kind switch
    {
        Model.V1.Balancer.Types.Kind.RoundRobin => "round-robin",
        Model.V1.Balancer.Types.Kind.Random => "random",
        Model.V1.Balancer.Types.Kind.RingHash => "ring-hash",
        Model.V1.Balancer.Types.Kind.Maglev => "maglev",
        Model.V1.Balancer.Types.Kind.PeakEwma => "peak-ewma",
        Model.V1.Balancer.Types.Kind.OriginalDestination => "passthrough",
        _ => "least-request",
    };

    public static string RetryOn(RetryOn on) => on switch
    {
        Model.V1.RetryOn.ConnectFailure => "connect-failure",
        Model.V1.RetryOn.RefusedStream => "refused-stream",
        Model.V1.RetryOn.Reset => "reset",
        Model.V1.RetryOn.ResetBeforeRequest => "reset-before-request",
        Model.V1.RetryOn._5Xx => "5xx",
        Model.V1.RetryOn.GatewayError => "gateway-error",
        Model.V1.RetryOn.Retriable4Xx => "retriable-4xx",
        Model.V1.RetryOn.GrpcCancelled => "cancelled",
        Model.V1.RetryOn.GrpcDeadlineExceeded => "deadline-exceeded",
        Model.V1.RetryOn.GrpcInternal => "internal",
        Model.V1.RetryOn.GrpcResourceExhausted => "resource-exhausted",
        Model.V1.RetryOn.GrpcUnavailable => "unavailable",
        Model.V1.RetryOn.IdempotentReset => "idempotent-reset",
        _ => "never",
    };

    public static string Mtls(InboundPort.Types.Mtls mode) => mode switch
    {
        InboundPort.Types.Mtls.Strict => "strict",
        InboundPort.Types.Mtls.Disable => "disable",
        _ => "permissive",
    };

    /// <summary>"service:port|subset".</summary>
    public static (string Service, uint Port, string Subset) Cluster(string name)
    {
        int bar = name.IndexOf('|');
        string head = bar < 0 ? name : name[..bar];
        int colon = head.LastIndexOf(':');
        return colon >= 0 && uint.TryParse(head.AsSpan(colon + 1), out uint port)
            ? (head[..colon], port, bar < 0 ? "" : name[(bar + 1)..])
            : (head, 0, "");
    }
}
