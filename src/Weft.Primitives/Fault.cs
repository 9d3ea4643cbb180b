namespace Weft.Primitives;

/// <summary>Everything that can go wrong with one request or connection. Each has exactly one row in <see cref="FaultTable"/>.</summary>
public enum Fault : byte
{
    None = 0,

    // The client's side.
    ClientClosed,
    ClientMalformed,
    ClientHeadersTooLarge,
    ClientTimedOut,
    ClientBodyTooLarge,
    ClientHandshakeFailed,
    Misdirected,

    // Routing and policy.
    NoRoute,
    UnknownFrontend,
    UnknownCluster,
    NoEndpoints,
    Denied,
    Unauthenticated,
    PlaintextRefused,
    RateLimited,
    Injected,
    Blackholed,
    ForbiddenDestination,

    // Discovery.
    DiscoveryTimedOut,

    // The upstream's side.
    UpstreamRefused,
    UpstreamUnreachable,
    UpstreamConnectTimedOut,
    UpstreamHandshakeFailed,
    UpstreamIdentityMismatch,
    UpstreamReset,
    UpstreamMalformed,
    UpstreamTimedOut,
    UpstreamTruncated,
    UpstreamOverflow,
    UpstreamRetryExhausted,
    UpstreamNameUnresolved,
    UpgradeDeclined,

    // Ours.
    RequestTimedOut,
    Draining,
    Overloaded,
    OutOfDescriptors,
    Internal,
}

/// <summary>Who has to act on a fault.</summary>
public enum Blame : byte
{
    None,
    Client,
    Upstream,
    Policy,
    Mesh,
}
