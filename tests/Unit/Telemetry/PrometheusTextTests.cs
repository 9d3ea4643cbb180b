using System.Text;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Records;

namespace Weft.Unit.Telemetry;

public sealed class PrometheusTextTests
{
    [Fact]
    public void Edges_TakenInParts_AreTheTextOfTheWhole()
    {
        var table = new EdgeTable(loops: 1);
        for (int i = 0; i < 3; i++)
        {
            Edge edge = table.Intern(new EdgeKey(Outbound: true, Party.Unknown, Party.Unknown, $"s{i}.team.svc.cluster.local", $"s{i}", "team", 80, MutualTls: false));
            edge.Series(0).RequestEnded(new RequestRecord(edge) { Status = 200, DurationMs = 3, RequestBytes = 57, ResponseBytes = 174 });
        }

        var whole = new PrometheusText();
        var parts = new PrometheusText();
        var taken = new StringBuilder();
        _ = whole.Edges(table.Snapshot()).Count();
        foreach (Edge _ in parts.Edges(table.Snapshot()))
        {
            taken.Append(Encoding.UTF8.GetString(parts.Take()));
            Assert.Equal(0, parts.Length);
        }

        string text = Encoding.UTF8.GetString(whole.Take());
        Assert.Equal(text, taken.Append(Encoding.UTF8.GetString(parts.Take())).ToString());
        Assert.Equal(3, text.Split('\n').Count(l => l.StartsWith("istio_requests_total{", StringComparison.Ordinal) && l.EndsWith("} 1", StringComparison.Ordinal)));
        Assert.Equal(3, text.Split('\n').Count(l => l.StartsWith("istio_request_duration_milliseconds_bucket{", StringComparison.Ordinal) && l.Contains(",le=\"+Inf\"} 1", StringComparison.Ordinal)));
        Assert.Equal(8, text.Split('\n').Count(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)));
    }
}
