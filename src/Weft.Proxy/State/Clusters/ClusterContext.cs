using System.Collections.Immutable;
using System.Diagnostics;
using Weft.Balancing;
using Weft.Telemetry.Metrics;
using BalancedEndpoint = Weft.Balancing.EndpointModel;

namespace Weft.Proxy.State.Clusters;

/// <summary>What compiling clusters needs of the proxy itself. Written by the control loop, read by any.</summary>
internal sealed class ClusterContext(EdgeTable edges, string ownHost, ulong seed)
{
    private volatile Party _self = Party.Unknown;
    private volatile ClientPlace _place = ClientPlace.Unknown;

    /// <summary>Set when the workload's own resource is known, which is asked for first.</summary>
    public Party Self => _self;

    public ClientPlace Place => _place;

    public int Loops => edges.Loops;

    public string OwnHost { get; } = ownHost;

    /// <summary>This proxy's own, so that proxies do not begin their turns at the same endpoint.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>The balancers' clock: monotonic, as the loops' <c>NowMs</c>.</summary>
    public static TimeSpan Now => TimeSpan.FromMilliseconds(Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000));

    public void SetSelf(Party self, IEnumerable<KeyValuePair<string, string>> labels, string locality)
    {
        _self = self;
        _place = new ClientPlace(Locality.Parse(locality), labels.ToImmutableDictionary());
    }

    public Edge Unpicked(ClusterConfig config) => edges.Intern(Key(config, Party.Unknown, mutualTls: false));

    public Edge EdgeTo(ClusterConfig config, BalancedEndpoint endpoint, bool mutualTls)
    {
        string workload = endpoint.Workload;
        int slash = workload.IndexOf('/', StringComparison.Ordinal);
        Party destination = slash < 0
            ? Party.Unknown with { Service = ServiceName(config.Service) }
            : Party.FromLabels(workload[(slash + 1)..], workload[..slash], mutualTls ? endpoint.Identity : "", endpoint.Labels);
        return edges.Intern(Key(config, destination, mutualTls));
    }

    private EdgeKey Key(ClusterConfig config, Party destination, bool mutualTls) => new(
        Outbound: true, Self, destination, config.Service, ServiceName(config.Service), config.Namespace.Length > 0 ? config.Namespace : "unknown", config.Port, mutualTls);

    // Istio: the short name of a Kubernetes service, the host of anything else.
    private static string ServiceName(string service) =>
        service.Contains(".svc.", StringComparison.Ordinal) ? service[..service.IndexOf('.', StringComparison.Ordinal)] : service;
}
