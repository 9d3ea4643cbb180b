using Weft.Http;
using Weft.Policy;
using Weft.Policy.Retries;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>Where one attempt goes. Made by endpoint selection, and by nothing else.</summary>
internal readonly struct UpstreamChoice
{
    internal ConnectionKey Key { get; init; }

    /// <summary>Null: no cluster's balancer chose it.</summary>
    internal EndpointModel? Endpoint { get; init; }

    internal Edge? Edge { get; init; }

    internal string Text { get; init; }

    internal long ConnectMs { get; init; }

    internal long IdleMs { get; init; }

    /// <summary>Requests share a few connections there.</summary>
    internal bool IsHttp2 { get; init; }

    /// <summary>A Weft proxy answers there: it is told who we are, and which port is meant.</summary>
    internal bool IsPeer { get; init; }

    /// <summary>A peer's application port, as text.</summary>
    internal ReadOnlySpan<byte> TargetPortUtf8 => Endpoint is { } endpoint ? endpoint.TargetPortUtf8.Span : default;

    /// <summary>Not 0: the application beside us, on that port.</summary>
    internal int AppPort { get; init; }

    /// <summary>What "authority from endpoint" makes of the Host field.</summary>
    internal Utf8Text? Authority { get; init; }

    /// <summary>The name that a TLS origin's certificate must carry; null where the identity is checked instead.</summary>
    internal string? VerifyName { get; init; }

    /// <summary>Version of the PROXY header that the upstream wants; 0: none.</summary>
    internal int ProxyProtocol { get; init; }

    /// <summary>0: no limit.</summary>
    internal int RequestsMax { get; init; }
}

/// <summary>How a request is sent on: whom to ask for an endpoint, and how long and how often to try.</summary>
internal readonly struct ForwardPlan
{
    /// <summary>Null: every attempt goes to <see cref="Fixed"/>.</summary>
    internal ClusterState? Cluster { get; init; }

    internal UpstreamChoice Fixed { get; init; }

    internal RetryModel Retries { get; init; }

    /// <summary>Our own answers to attempts that failed are counted here when no endpoint was picked.</summary>
    internal Edge Unpicked { get; init; }
}

/// <summary>How one attempt ended.</summary>
/// <param name="Fault">None: the client has its answer.</param>
/// <param name="Status">Not 0: the upstream answered with it, and the answer was thrown away for a retry.</param>
/// <param name="IsUnprocessed">The server said that it did nothing with the request: safe to send again, whatever it was.</param>
internal readonly record struct AttemptResult(Fault Fault, int Status, int GrpcStatus, bool RequestStarted, bool IsReused, bool IsUnprocessed = false);
