using System.Diagnostics;

namespace Weft.Primitives;

/// <summary>gRPC status codes that the proxy answers with (grpc/doc/statuscodes.md).</summary>
public enum GrpcCode : byte
{
    Ok = 0,
    Cancelled = 1,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// <summary>All that is known of one fault. <paramref name="HttpStatus"/> 0: the connection is closed without an answer.</summary>
/// <param name="Flag">The response flag of access logs and metrics, Envoy's where it has one.</param>
/// <param name="Sentence">One line for people, ending in the likely cure.</param>
public sealed record FaultInfo(string Name, int HttpStatus, GrpcCode Grpc, string Flag, Blame Blame, bool Retriable, string Sentence);

/// <summary>One table says everything about a fault; docs/faults.md is printed from it.</summary>
public static class FaultTable
{
    private static readonly FaultInfo[] Rows = [.. Enum.GetValues<Fault>().Select(Describe)];

    public static FaultInfo Info(this Fault fault) => Rows[(int)fault];

    private static FaultInfo Describe(Fault fault) => fault switch
    {
        Fault.None => new("none", 0, GrpcCode.Ok, "-", Blame.None, false, "The request ended as it should."),
        Fault.ClientClosed => new("client-closed", 499, GrpcCode.Cancelled, "DC", Blame.Client, false, "The client went away before its answer was complete; look for a client timeout."),
        Fault.ClientMalformed => new("client-malformed", 400, GrpcCode.Internal, "DPE", Blame.Client, false, "The client's bytes are not a valid request; the access log names the rule they broke."),
        Fault.ClientHeadersTooLarge => new("client-headers-too-large", 431, GrpcCode.ResourceExhausted, "DPE", Blame.Client, false, "The request head is larger than the limit; look for an oversized cookie."),
        Fault.ClientTimedOut => new("client-timed-out", 408, GrpcCode.Cancelled, "DT", Blame.Client, false, "The client did not finish its request in time."),
        Fault.ClientBodyTooLarge => new("client-body-too-large", 413, GrpcCode.ResourceExhausted, "DPE", Blame.Client, false, "The request body is larger than the limit."),
        Fault.ClientHandshakeFailed => new("client-handshake-failed", 0, GrpcCode.Unavailable, "DH", Blame.Client, false, "The peer has no certificate of this mesh; check its identity with `weft identity`."),
        Fault.Misdirected => new("misdirected", 421, GrpcCode.Unavailable, "MD", Blame.Client, false, "The request's Host is not served under the certificate of its connection; the client must open another one."),
        Fault.NoRoute => new("no-route", 404, GrpcCode.Unimplemented, "NR", Blame.Policy, false, "No route matches; ask `weft explain` which rules were tried."),
        Fault.UnknownFrontend => new("unknown-frontend", 502, GrpcCode.Unavailable, "NR", Blame.Client, false, "Nobody in the mesh has that name or address; add a Service or ServiceEntry."),
        Fault.UnknownCluster => new("unknown-cluster", 503, GrpcCode.Unavailable, "NC", Blame.Policy, false, "The route names a destination or subset that does not exist; run `weft analyze`."),
        Fault.NoEndpoints => new("no-endpoints", 503, GrpcCode.Unavailable, "UH", Blame.Upstream, false, "No ready workload serves that destination; look at `weft status`."),
        Fault.Denied => new("denied", 403, GrpcCode.PermissionDenied, "RBAC", Blame.Policy, false, "An authorization policy refuses it; ask `weft explain` which."),
        Fault.Unauthenticated => new("unauthenticated", 401, GrpcCode.Unauthenticated, "UAEX", Blame.Client, false, "The request's token is missing or not valid for this workload."),
        Fault.PlaintextRefused => new("plaintext-refused", 0, GrpcCode.Unavailable, "PR", Blame.Policy, false, "The workload takes mutual TLS only; put the caller into the mesh."),
        Fault.RateLimited => new("rate-limited", 429, GrpcCode.Unavailable, "RL", Blame.Policy, false, "A rate limit is used up."),
        Fault.Injected => new("injected", 503, GrpcCode.Unavailable, "FI", Blame.Policy, false, "A fault was injected on purpose by the route."),
        Fault.Blackholed => new("blackholed", 502, GrpcCode.Unavailable, "BH", Blame.Policy, false, "The destination is outside the registry and the mesh allows registered ones only; add a ServiceEntry."),
        Fault.ForbiddenDestination => new("forbidden-destination", 403, GrpcCode.PermissionDenied, "FD", Blame.Policy, false, "The proxy does not open that address for a workload; declare it with --host-port."),
        Fault.DiscoveryTimedOut => new("discovery-timeout", 503, GrpcCode.Unavailable, "DSC", Blame.Mesh, false, "The control plane did not say in time where that goes; see `weft status`."),
        Fault.UpstreamRefused => new("upstream-refused", 503, GrpcCode.Unavailable, "UF", Blame.Upstream, true, "The workload's port refuses connections; is it listening?"),
        Fault.UpstreamUnreachable => new("upstream-unreachable", 503, GrpcCode.Unavailable, "UF", Blame.Upstream, true, "The workload's address cannot be reached; look at network and firewall."),
        Fault.UpstreamConnectTimedOut => new("upstream-connect-timed-out", 503, GrpcCode.Unavailable, "UF", Blame.Upstream, true, "The workload did not accept the connection in time."),
        Fault.UpstreamHandshakeFailed => new("upstream-handshake-failed", 503, GrpcCode.Unavailable, "UF", Blame.Upstream, true, "TLS with the workload failed; compare certificates and mTLS modes."),
        Fault.UpstreamIdentityMismatch => new("upstream-identity-mismatch", 503, GrpcCode.Unavailable, "UF", Blame.Upstream, false, "The workload proved another identity than the registry says; somebody else may have its address."),
        Fault.UpstreamReset => new("upstream-reset", 503, GrpcCode.Unavailable, "UC", Blame.Upstream, true, "The workload closed the connection before it answered; did it crash?"),
        Fault.UpstreamMalformed => new("upstream-malformed", 502, GrpcCode.Internal, "UPE", Blame.Upstream, false, "The workload's bytes are not a valid response."),
        Fault.UpstreamTimedOut => new("upstream-timed-out", 504, GrpcCode.DeadlineExceeded, "UT", Blame.Upstream, true, "One try took longer than its limit."),
        Fault.UpstreamTruncated => new("upstream-truncated", 502, GrpcCode.Internal, "UC", Blame.Upstream, false, "The workload's answer ended in the middle."),
        Fault.UpstreamOverflow => new("upstream-overflow", 503, GrpcCode.Unavailable, "UO", Blame.Upstream, false, "The circuit breaker of that destination is open; raise its limit or add replicas."),
        Fault.UpstreamRetryExhausted => new("upstream-retry-exhausted", 503, GrpcCode.Unavailable, "URX", Blame.Upstream, false, "Every allowed try failed."),
        Fault.UpstreamNameUnresolved => new("upstream-name-unresolved", 503, GrpcCode.Unavailable, "DF", Blame.Upstream, true, "The destination's name does not resolve; check DNS."),
        Fault.UpgradeDeclined => new("upgrade-declined", 501, GrpcCode.Unimplemented, "UD", Blame.Client, false, "The application answered without switching to the protocol that the client's CONNECT asked for; it may not speak it at that path."),
        Fault.RequestTimedOut => new("request-timed-out", 504, GrpcCode.DeadlineExceeded, "UT", Blame.Upstream, false, "The route's timeout passed before the answer came."),
        Fault.Draining => new("draining", 503, GrpcCode.Unavailable, "DR", Blame.Mesh, true, "The proxy is shutting down and takes no new work."),
        Fault.Overloaded => new("overloaded", 503, GrpcCode.ResourceExhausted, "OM", Blame.Mesh, true, "The proxy sheds load to stay within its limits of memory, descriptors or connections (docs/life-cycle.md); raise them or add replicas."),
        Fault.OutOfDescriptors => new("out-of-descriptors", 503, GrpcCode.ResourceExhausted, "OM", Blame.Mesh, true, "The proxy has no file descriptor left; raise its limit (ulimit -n)."),
        Fault.Internal => new("internal", 500, GrpcCode.Internal, "IE", Blame.Mesh, false, "A promise of the proxy broke; please report it with the log line."),
        _ => throw new UnreachableException($"{fault} has no row"),
    };
}
