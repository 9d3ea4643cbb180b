using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Weft.ControlPlane.Observe;
using Weft.Protocol.Telemetry.V1;

namespace Weft.Unit.ControlPlane;

public sealed class BreakerTests
{
    private readonly EdgeBook _book = new(new FakeTimeProvider());

    [Fact]
    public void Clusters_ReportWithoutThem_LeavesThemAsTheyWere()
    {
        _book.Take("default/web", new TelemetryReport { Clusters = Clusters("api:80", "db:1") });
        _book.Take("default/web", new TelemetryReport());
        Assert.Equal(["api:80", "db:1"], _book.Clusters().Select(c => c.Cluster.Name));
        _book.Take("default/web", new TelemetryReport { Clusters = Clusters("db:1") });
        Assert.Equal(["db:1"], _book.Clusters().Select(c => c.Cluster.Name));
    }

    [Fact]
    public void Clusters_WorkloadGone_AreForgotten()
    {
        _book.Take("default/web", new TelemetryReport { Clusters = Clusters("api:80") });
        _book.Forget("default/web");
        Assert.Empty(_book.Clusters());
    }

    [Fact]
    public void Json_OfALimitReached_SaysThatItIsOpen()
    {
        _book.Take("default/web", new TelemetryReport { Clusters = Clusters("api:80") });
        JsonNode row = Assert.Single(BreakerJson.Of(_book.Clusters()))!;
        Assert.Equal("default/web", (string?)row["client"]);
        Assert.Equal("""{"used":3,"overflows":7,"limit":3,"open":true}""", row["connections"]!.ToJsonString());
        Assert.Equal("""{"used":5,"overflows":0}""", row["requests"]!.ToJsonString());
        Assert.Equal((2u, 1u, 1u), ((uint?)row["endpoints"], (uint?)row["ejected"], (uint?)row["unhealthy"]));
    }

    private static ClusterReport Clusters(params string[] names)
    {
        var report = new ClusterReport();
        report.Clusters.AddRange(names.Select(n => new ClusterSample
        {
            Name = n, Connections = new LimitSample { Used = 3, Limit = 3, Overflows = 7 }, Requests = new LimitSample { Used = 5 }, Endpoints = 2, Ejected = 1, Unhealthy = 1,
        }));
        return report;
    }
}
