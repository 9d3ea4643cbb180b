using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Transport;

namespace Weft.Proxy.State.Clusters;

/// <summary>Puts a cluster together from its two resources, which arrive in any order and change apart. Control loop only.</summary>
/// <remarks>
/// The cluster counts as loaded when both are known, and its credential if it names one; a missing endpoint set is a cluster that nobody serves.
/// </remarks>
internal sealed class ClusterAssembly(string name, MeshState mesh, ClusterContext context)
{
    // Until they are taken: from then on the balancer has them.
    private EndpointSet? _endpoints;
    private bool _endpointsKnown;
    private ClusterState? _state;

    public string Name => name;

    public bool WantsEndpointSet => Config is { Discovery: Cluster.Types.Discovery.EndpointSet } && !_endpointsKnown;

    public ClusterConfig? Config { get; private set; }

    public void SetCluster(Cluster cluster)
    {
        Config = new ClusterConfig(cluster, mesh.Cells);

        // Names are resolved by the proxy itself, and a connection to where the client dialled needs no endpoints.
        _endpointsKnown |= Config.Discovery == Cluster.Types.Discovery.OriginalDestination;
        Config.Tls.Credential?.Want();
        Publish();
    }

    /// <summary>A credential was loaded, or is known to be missing.</summary>
    public void CredentialSettled(string credential)
    {
        if (Config?.Tls.Credential?.Name == credential)
        {
            Publish();
        }
    }

    public void RemoveCluster()
    {
        Config = null;
        mesh.Cells.Cluster(name).MarkMissing();
    }

    /// <summary>Null: it does not exist.</summary>
    public void SetEndpoints(EndpointSet? endpoints)
    {
        _endpoints = endpoints ?? new EndpointSet();
        _endpointsKnown = true;
        Publish();
    }

    private void Publish()
    {
        if (Config is null || !_endpointsKnown || Config.Tls.Credential is { IsSettled: false })
        {
            return;
        }

        // An endpoint that cannot be dialled is left out: the others serve.
        if (_endpoints is { } came)
        {
            EndpointSet usable = new() { Name = name };
            usable.Endpoints.AddRange(came.Endpoints.Where(EndpointModel.CanDial));
            _endpoints = usable;
        }

        ImmutableArray<EndpointModel> before = _state?.Model.Endpoints ?? [];
        _state ??= new ClusterState(context);
        _state.Apply(Config, _endpoints, ClusterContext.Now);
        _endpoints = null;
        mesh.Cells.Cluster(name).Load(_state);
        TellOfLeaving(before, _state.Model.Endpoints);
        if (Config.HealthCheck is not null)
        {
            mesh.HealthWanted(mesh.Cells.Cluster(name));
        }
    }

    private void TellOfLeaving(ImmutableArray<EndpointModel> before, ImmutableArray<EndpointModel> now)
    {
        HashSet<SocketTarget> serving = [.. now.Where(e => !e.IsDraining).Select(e => e.Target)];
        EndpointModel[] left = [.. before.Where(e => !e.IsDraining && !serving.Contains(e.Target))];
        Array.ForEach(left, e => e.HasLeft = true);
        if (left.Length > 0)
        {
            mesh.EndpointsLeft([.. left.Select(e => e.Target).Distinct()]);
        }
    }
}
