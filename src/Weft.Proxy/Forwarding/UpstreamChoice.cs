using Weft.Http;
using Weft.Policy;
using Weft.Policy.Limits;
using Weft.Policy.Retries;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>Where attempts go. Made by endpoint selection, and by nothing else; kept with its endpoint, since nothing in it is a request's own.</summary>
internal sealed record UpstreamChoice
{
    private UpstreamChoice? _asHttp2;

    internal required ConnectionKey Key { get; init; }

    /// <summary>What it was described by; another one describes it anew.</summary>
    internal ClusterConfig? Config { get; init; }

    /// <summary>Null: no cluster's balancer chose it.</summary>
    internal EndpointModel? Endpoint { get; init; }

    internal Edge? Edge { get; init; }

    internal required string Text { get; init; }

    internal long ConnectMs { get; init; }

    internal long IdleMs { get; init; }

    /// <summary>Requests share a few connections there.</summary>
    internal bool IsHttp2 { get; init; }

    /// <summary>The same place, spoken to in HTTP/2.</summary>
    internal UpstreamChoice AsHttp2 => IsHttp2 ? this : _asHttp2 ??= this with { IsHttp2 = true, _asHttp2 = null };

    /// <summary>A Weft proxy answers there: it is told who we are, and which port is meant.</summary>
    internal bool IsPeer { get; init; }

    /// <summary>A peer's application port, as text.</summary>
    internal ReadOnlySpan<byte> TargetPortUtf8 => Endpoint is { } endpoint ? endpoint.TargetPortUtf8.Span : default;

    /// <summary>Not 0: the application beside us, on that port.</summary>
    internal int AppPort { get; init; }

    /// <summary>What "authority from endpoint" makes of the Host field.</summary>
    internal Utf8Text? Authority => Endpoint?.Authority;

    /// <summary>The name that a TLS origin's certificate must carry; null where the identity is checked instead.</summary>
    internal string? VerifyName { get; init; }

    /// <summary>Version of the PROXY header that the upstream wants; 0: none.</summary>
    internal int ProxyProtocol { get; init; }

    /// <summary>0: no limit.</summary>
    internal int RequestsMax { get; init; }

    /// <summary>How connections there are kept; null: as the proxy keeps all.</summary>
    internal ConnectionShapeModel? Shape { get; init; }

    /// <summary>A connection takes nothing new once it is that old; 0: however old it is.</summary>
    internal long LifeMs => Shape is { } shape ? (long)shape.Life.TotalMilliseconds : 0;
}

/// <summary>How a request is sent on: whom to ask for an endpoint, and how long and how often to try.</summary>
internal readonly struct ForwardPlan
{
    private readonly Edge? _unpicked;

    /// <summary>Null: every attempt goes to <see cref="Fixed"/>.</summary>
    internal ClusterState? Cluster { get; init; }

    internal UpstreamChoice? Fixed { get; init; }

    /// <summary>What limits requests to <see cref="Fixed"/>; null: nothing.</summary>
    internal ClusterLoadState? Load { get; init; }

    /// <summary>What limits requests and connections, whoever has the endpoints; null: nothing.</summary>
    internal ClusterLoadState? Limits => Cluster?.Load ?? Load;

    /// <summary>Requests share connections to the server itself.</summary>
    internal bool SharesConnections => Cluster?.Model.Config.SharesConnections ?? Fixed is { IsHttp2: true };

    /// <summary>How long a connection may take to be made.</summary>
    internal long ConnectMs => Cluster is { } cluster ? (long)cluster.Model.Config.ConnectTimeout.TotalMilliseconds : Fixed?.ConnectMs ?? 0;

    internal RetryModel Retries { get; init; }

    /// <summary>Our own answers to attempts that failed are counted here when no endpoint was picked. A cluster has one of its own, made when it is first asked for.</summary>
    internal Edge Unpicked
    {
        get => _unpicked ?? Cluster!.Model.Unpicked; // who has no cluster sets it
        init => _unpicked = value;
    }
}

/// <summary>How one attempt ended.</summary>
/// <param name="Fault">None: the client has its answer.</param>
/// <param name="Status">Not 0: the upstream answered with it, and the answer was thrown away for a retry.</param>
/// <param name="IsUnprocessed">The server said that it did nothing with the request: safe to send again, whatever it was.</param>
internal readonly record struct AttemptResult(Fault Fault, int Status, int GrpcStatus, bool RequestStarted, bool IsReused, bool IsUnprocessed = false);
