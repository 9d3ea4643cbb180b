using Weft.Model.V1;
using Weft.Policy.Limits;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Protocol.Telemetry.V1;

namespace Weft.Proxy.Control;

/// <summary>What the control plane is told of limits, ejections and health, when it changes. Control loop only.</summary>
internal sealed class ClusterSamples(ResourceCells cells)
{
    /// <summary>More are left out, by name.</summary>
    private const int ClustersMax = 500;

    private ClusterReport _told = new();

    /// <summary>Clusters whose limits, ejections or health checks have something to say, by name.</summary>
    public static IEnumerable<ClusterSample> Of(ResourceCells cells) =>
        cells.AllClusters.Select(Sample).OfType<ClusterSample>().OrderBy(s => s.Name, StringComparer.Ordinal);

    /// <summary>The next one is told all.</summary>
    public void Forget() => _told = new ClusterReport();

    /// <summary>Null: nothing has changed since the last call.</summary>
    public ClusterReport? TakeNews()
    {
        var report = new ClusterReport();
        report.Clusters.AddRange(Of(cells).Take(ClustersMax));
        if (report.Equals(_told))
        {
            return null;
        }

        _told = report;
        return report;
    }

    /// <summary>Null: nothing of it is limited, ejected or asked for its health.</summary>
    private static ClusterSample? Sample(ResourceCell<ClusterState> cell)
    {
        if (cell.Model is not { } state)
        {
            return null;
        }

        ConnectionLimits limits = state.Model.Config.Limits ?? new ConnectionLimits();
        bool isLimited = (limits.Connections | limits.Pending | limits.Requests | limits.Retries) != 0;
        if (!isLimited && state.Model.Config.HealthCheck is null && state.Balancer.Balancer.Outlier is null)
        {
            return null;
        }

        ClusterLoadState load = state.Load;
        return new ClusterSample
        {
            Name = cell.Name,
            Service = state.Model.Config.Service,
            Namespace = state.Model.Config.Namespace,
            Connections = Limit(load, ClusterResource.Connections, limits.Connections),
            Pending = Limit(load, ClusterResource.Pending, limits.Pending),
            Requests = Limit(load, ClusterResource.Requests, limits.Requests),
            Retries = Limit(load, ClusterResource.Retries, limits.Retries),
            Endpoints = (uint)state.Model.Endpoints.Length,
            Ejected = (uint)state.Model.Endpoints.Count(e => e.Balanced.State.IsEjected),
            Unhealthy = (uint)state.Model.Endpoints.Count(e => e.Balanced.State.IsUnhealthy),
            Ejections = (ulong)state.Balancer.Ejections,
        };
    }

    private static LimitSample Limit(ClusterLoadState load, ClusterResource resource, uint limit) =>
        new() { Used = (ulong)Math.Max(0, load.Used(resource)), Limit = limit, Overflows = (ulong)load.Overflows(resource) };
}
