using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Proxy.State.Frontends;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.State;

/// <summary>
/// Everything the data path knows of the mesh: immutable models, looked up by address or name, swapped one by one by the control loop.
/// Any loop reads; what is missing is awaited on its cell.
/// </summary>
public sealed class MeshState
{
    private volatile FrontendTable _frontends = FrontendTable.Empty;
    private volatile WorkloadModel? _workload;

    public MeshState(EdgeTable edges, DiscoveryPatience? patience = null)
    {
        Edges = edges;
        Cells = new ResourceCells(patience ?? new DiscoveryPatience());
        InboundEdges = new InboundEdges(edges);
    }

    /// <summary>Every name and address that the workload may dial.</summary>
    public FrontendTable Frontends
    {
        get => _frontends;
        internal set => _frontends = value;
    }

    /// <summary>They have come, if only to say that there are none.</summary>
    internal bool KnowsFrontends => !ReferenceEquals(_frontends, FrontendTable.Empty);

    /// <summary>Null until the control plane or the saved state told who we are: nothing is served before.</summary>
    public WorkloadModel? Workload => _workload;

    /// <summary>Routes, clusters and credentials by name.</summary>
    public ResourceCells Cells { get; }

    public InboundEdges InboundEdges { get; }

    public EdgeTable Edges { get; }

    /// <summary>Told on the control loop of endpoints that drain or are gone. Set by the data path.</summary>
    internal Action<IReadOnlyList<SocketTarget>> EndpointsLeft { get; set; } = static _ => { };

    /// <summary>Told on the control loop of clusters whose endpoints are to be asked for their health. Set by the data path.</summary>
    internal Action<ResourceCell<ClusterState>> HealthWanted { get; set; } = static _ => { };

    /// <summary>Called on the control loop after a swap: gateways open and close listeners then.</summary>
    public event Action<WorkloadModel>? WorkloadChanged;

    internal void Replace(WorkloadModel workload)
    {
        _workload = workload;
        WorkloadChanged?.Invoke(workload);
    }
}
