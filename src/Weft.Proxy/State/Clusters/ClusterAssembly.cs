using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Primitives;
using Weft.Proxy.State.Cells;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.State.Clusters;

/// <summary>Puts a cluster together from its two resources, which arrive in any order and change apart. Control loop only.</summary>
/// <remarks>The cluster counts as loaded when both are known; a missing endpoint set is a cluster that nobody serves.</remarks>
internal sealed class ClusterAssembly(string name, ResourceCells cells, ClusterContext context)
{
    private ClusterConfig? _config;
    private EndpointSet? _endpoints;
    private bool _endpointsKnown;
    private ClusterState? _state;

    public bool WantsEndpointSet => _config is { Discovery: Cluster.Types.Discovery.EndpointSet } && !_endpointsKnown;

    public ClusterConfig? Config => _config;

    public void SetCluster(Cluster cluster)
    {
        _config = new ClusterConfig(cluster, cells);
        Publish();
    }

    public void RemoveCluster()
    {
        _config = null;
        cells.Cluster(name).MarkMissing();
    }

    /// <summary>Null: it does not exist.</summary>
    public void SetEndpoints(EndpointSet? endpoints)
    {
        _endpoints = endpoints;
        _endpointsKnown = true;
        Publish();
    }

    private void Publish()
    {
        if (_config is null || (!_endpointsKnown && _config.Discovery == Cluster.Types.Discovery.EndpointSet))
        {
            return;
        }

        var model = new ClusterModel(_config, Compile(_config), context.Unpicked(_config));
        if (_state is null)
        {
            _state = new ClusterState(model);
        }
        else
        {
            _state.Replace(model);
        }

        cells.Cluster(name).Load(_state);
    }

    private ImmutableArray<EndpointModel> Compile(ClusterConfig config)
    {
        if (_endpoints is null)
        {
            return [];
        }

        var compiled = ImmutableArray.CreateBuilder<EndpointModel>(_endpoints.Endpoints.Count);
        foreach (Endpoint endpoint in _endpoints.Endpoints)
        {
            // An endpoint that cannot be dialled is left out: the others serve.
            if (EndpointModel.TryTarget(endpoint, context.OwnHost, out SocketTarget? target) && target is not null)
            {
                bool isPeer = config.Tls.AllowsPeers && endpoint.PeerProtocol.Length > 0;
                SpiffeId? identity = SpiffeId.TryParse(endpoint.Identity, out SpiffeId? id) ? id : null;
                compiled.Add(new EndpointModel(endpoint, target, identity, isPeer, context.EdgeTo(config, endpoint, isPeer)));
            }
        }

        return compiled.ToImmutable();
    }
}

/// <summary>What compiling clusters needs of the proxy itself. Control loop only.</summary>
internal sealed class ClusterContext(EdgeTable edges, string ownHost)
{
    /// <summary>Set when the workload's own resource is known, which is asked for first.</summary>
    public Party Self { get; set; } = Party.Unknown;

    public string OwnHost { get; } = ownHost;

    public Edge Unpicked(ClusterConfig config) => edges.Intern(Key(config, Party.Unknown, mutualTls: false));

    public Edge EdgeTo(ClusterConfig config, Endpoint endpoint, bool mutualTls)
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
