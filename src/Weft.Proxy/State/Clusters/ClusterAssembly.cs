using System.Collections.Immutable;
using Google.Protobuf;
using Weft.Model.V1;
using Weft.Transport;

namespace Weft.Proxy.State.Clusters;

/// <summary>Puts a cluster together from its two resources, which arrive in any order and change apart. Control loop only.</summary>
/// <remarks>
/// The cluster counts as loaded when both are known, and its credential if it names one; a missing endpoint set is a cluster that nobody serves.
/// </remarks>
internal sealed class ClusterAssembly(string name, MeshState mesh, ClusterContext context)
{
    // As it came: a message with its maps and lists takes many times as much, and is read again only when the cluster changes.
    private ByteString? _endpoints;
    private bool _endpointsKnown;
    private ClusterState? _state;

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
        _endpoints = endpoints?.ToByteString();
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
        var usable = new EndpointSet { Name = name };
        usable.Endpoints.AddRange(_endpoints is null ? [] : EndpointSet.Parser.ParseFrom(_endpoints).Endpoints.Where(EndpointModel.CanDial));
        ImmutableArray<EndpointModel> before = _state?.Model.Endpoints ?? [];
        _state ??= new ClusterState(context);
        _state.Apply(Config, usable, ClusterContext.Now);
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
