using Weft.Protocol.Telemetry.V1;
using Weft.Telemetry.Metrics;

namespace Weft.Proxy.Admin;

/// <summary>Circuit breakers, ejections and health of clusters as metrics.</summary>
internal static class ClusterMetrics
{
    public static void Write(PrometheusText text, IReadOnlyList<ClusterSample> clusters)
    {
        text.Series(MetricCatalogue.ClusterInUse, clusters.SelectMany(c => Limits(c).Select(l => (Labels(c, "resource", l.Name), (double)l.Sample.Used))));
        text.Series(MetricCatalogue.ClusterOverflows, clusters.SelectMany(c => Limits(c).Select(l => (Labels(c, "resource", l.Name), (double)l.Sample.Overflows))));
        text.Series(MetricCatalogue.ClusterEjections, clusters.Select(c => (PrometheusText.LabelsOf(("cluster", c.Name)), (double)c.Ejections)));
        text.Series(MetricCatalogue.ClusterEndpointsOut, clusters.SelectMany(c => ((string Labels, double Value)[])
            [(Labels(c, "reason", "ejected"), c.Ejected), (Labels(c, "reason", "unhealthy"), c.Unhealthy)]));
    }

    private static (string Name, LimitSample Sample)[] Limits(ClusterSample cluster) =>
        [("connections", cluster.Connections), ("pending", cluster.Pending), ("requests", cluster.Requests), ("retries", cluster.Retries)];

    private static string Labels(ClusterSample cluster, string name, string value) => PrometheusText.LabelsOf(("cluster", cluster.Name), (name, value));
}
