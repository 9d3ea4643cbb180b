using Weft.Proxy.Control;
using Weft.Proxy.Host;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Admin;

/// <summary>What a scraper gets. Control loop only.</summary>
internal sealed class MetricsPage(ProxyHost host)
{
    /// <summary>An answer of more edges goes out as it is made, and never stands in memory as a whole.</summary>
    private const int EdgesAtOnceMax = 64;

    /// <summary>So much of it is made before it is written. Small enough for the heap of small objects.</summary>
    private const int PartChars = 16 << 10;

    /// <summary>A scraper that takes nothing for so long is given up.</summary>
    private const long StallMs = 30_000;

    public AdminAnswer Answer()
    {
        IReadOnlyList<Edge> edges = host.Telemetry.Edges.Snapshot();
        if (edges.Count > EdgesAtOnceMax)
        {
            return new AdminAnswer(200, PrometheusText.ContentType, [], connection => StreamAsync(connection, edges));
        }

        var text = new PrometheusText();
        _ = text.Edges(edges).Count(); // to its end
        Rest(text, edges.Count);
        return new AdminAnswer(200, PrometheusText.ContentType, text.Take());
    }

    private async LoopTask StreamAsync(LoopConnection connection, IReadOnlyList<Edge> edges)
    {
        connection.SetWriteStall(StallMs);
        var text = new PrometheusText();
        foreach (Edge _ in text.Edges(edges))
        {
            if (text.Length < PartChars)
            {
                continue;
            }

            connection.Write(text.Take());
            if (await connection.FlushAsync() is not IoStatus.Ok)
            {
                return;
            }
        }

        Rest(text, edges.Count);
        connection.Write(text.Take());
    }

    /// <summary>All that is not an edge's.</summary>
    private void Rest(PrometheusText text, int edges)
    {
        text.Counters([.. host.Telemetry.Loops.Select(l => l.Counters)]);
        text.Single(MetricCatalogue.LogDrops, host.Telemetry.LineDrops);
        text.Single(MetricCatalogue.SpanDrops, host.Telemetry.SpanDrops + host.Control.Spans.Dropped);
        text.Single(MetricCatalogue.TapDrops, host.Telemetry.TapDrops);
        text.Single(MetricCatalogue.Edges, edges);
        text.Single(MetricCatalogue.ConnectionsActive, host.Path.Loops.Sum(static l => l.Clients.Count));
        ClusterMetrics.Write(text, [.. ClusterSamples.Of(host.Mesh.Cells)]);
        text.Single(MetricCatalogue.ControlConnected, host.Control.Status.IsConnected ? 1 : 0);
        text.Single(MetricCatalogue.ConfigRefused, host.Control.Refused);
        text.Single(MetricCatalogue.ConfigApplied, host.Control.Applied);
        text.Single(MetricCatalogue.CertificateExpiry, host.Control.Identity.Current?.NotAfter.ToUnixTimeSeconds() ?? 0);
        text.Single(MetricCatalogue.OverloadStep, (int)host.Guard.Overload.Step);
        text.Single(MetricCatalogue.OverloadPressure, host.Guard.Overload.Pressure.Share, $"resource=\"{host.Guard.Overload.Pressure.Of}\"");
        text.Single(MetricCatalogue.LoopStalls, host.Guard.Stalls);
        text.Single(MetricCatalogue.ResidentMemory, Environment.WorkingSet);
        text.Single(MetricCatalogue.CpuSeconds, Environment.CpuUsage.TotalTime.TotalSeconds);
    }
}
