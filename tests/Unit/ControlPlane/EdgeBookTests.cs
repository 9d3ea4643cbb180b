using Microsoft.Extensions.Time.Testing;
using Weft.ControlPlane.Observe;
using Weft.Protocol.Telemetry.V1;
using Weft.Telemetry.Metrics;
using Party = Weft.Protocol.Telemetry.V1.Party;

namespace Weft.Unit.ControlPlane;

public sealed class EdgeBookTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
    private readonly EdgeBook _book;

    public EdgeBookTests() => _book = new EdgeBook(_time);

    [Fact]
    public void Edges_SumsGrow_ShowTheDifferencePerSecond()
    {
        Report(Sample(0));
        Tick(1);
        Report(Sample(10));
        Tick(1);
        Report(Sample(30));
        Tick(1);

        EdgeSummary edge = Assert.Single(_book.Summarize(10));
        Assert.Equal(30ul, edge.Window.Requests);
        Assert.Equal(10.0, edge.RequestsPerSecond, 3); // three seconds since the start, not ten
    }

    [Fact]
    public void Edges_AReportIsLost_LoseNothing()
    {
        Report(Sample(0));
        Tick(5);
        Report(Sample(50)); // those of seconds 1 to 4 never came
        Tick(1);

        Assert.Equal(50ul, Assert.Single(_book.Summarize(30)).TotalRequests);
    }

    [Fact]
    public void Edges_ProxyRestarts_CountFromZeroAgain()
    {
        Report(Sample(0));
        Report(Sample(100));
        Report(Sample(7));
        Tick(1);

        Assert.Equal(107ul, Assert.Single(_book.Summarize(10)).TotalRequests);
    }

    [Fact]
    public void Edges_ControlPlaneRestarts_TakesOldSumsAsABase()
    {
        Report(Sample(1_000_000), started: 1);
        Tick(1);
        Assert.Empty(_book.Summarize(10));

        Report(Sample(1_000_005), started: 1);
        Tick(1);
        Assert.Equal(5ul, Assert.Single(_book.Summarize(10)).Window.Requests);
    }

    [Fact]
    public void Edges_ProxyYoungerThanUs_CountsItsFirstReport()
    {
        Report(Sample(12), started: ulong.MaxValue);
        Tick(1);

        Assert.Equal(12ul, Assert.Single(_book.Summarize(10)).Window.Requests);
    }

    [Fact]
    public void Edges_BothEndsReport_CountTheSourcesWord()
    {
        EdgeSample inbound = Sample(10);
        inbound.Outbound = false;
        Report(Sample(10), "default/a", ulong.MaxValue);
        Report(inbound, "default/b", ulong.MaxValue);
        Tick(1);

        Assert.Equal(10ul, Assert.Single(_book.Summarize(10)).TotalRequests);
    }

    [Fact]
    public void Edges_CallerWithoutIdentity_ComesFromOutside()
    {
        EdgeSample inbound = Sample(10);
        inbound.Outbound = false;
        inbound.Source = new Party { Namespace = "unknown", Principal = "unknown", App = "unknown", Workload = "unknown" };
        Report(inbound, started: ulong.MaxValue);
        Tick(1);

        Assert.True(Assert.Single(_book.Summarize(10)).Id.Source.IsOutside);
    }

    [Fact]
    public void Edges_Quiet_LeaveTheWindowAndStayInTheTotals()
    {
        Report(Sample(10), started: ulong.MaxValue);
        Tick(40);

        Assert.Empty(_book.Summarize(10));
        Assert.Equal(10ul, Assert.Single(_book.Summarize(10, withQuiet: true)).TotalRequests);
        Tick(30);
        Assert.Equal(10ul, Assert.Single(_book.Summarize(300)).Window.Requests); // the ten-second ring remembers longer
    }

    [Fact]
    public void Edges_PastTheLimit_DropTheOneIdleLongestAndCountIt()
    {
        Report(Named(0), started: ulong.MaxValue);
        Tick(1);
        for (int i = 1; i <= TrafficLimits.EdgesMax; i++)
        {
            Report(Named(i), started: ulong.MaxValue);
        }

        IReadOnlyList<EdgeSummary> edges = _book.Summarize(60, withQuiet: true);
        Assert.Equal(TrafficLimits.EdgesMax, edges.Count);
        Assert.DoesNotContain(edges, e => e.Id.Destination.App == "app0");
        Assert.Equal(1, _book.Dropped);
    }

    [Fact]
    public void Latency_FromBuckets_IsThePercentileOfTheWindow()
    {
        Report(Sample(0));
        EdgeSample sample = Sample(100);
        sample.LatencyBuckets.Clear();
        ulong[] buckets = new ulong[LatencyBounds.BucketCount];
        buckets[LatencyBounds.Milliseconds.IndexOf(5)] = 95;
        buckets[LatencyBounds.Milliseconds.IndexOf(250)] = 5;
        sample.LatencyBuckets.AddRange(buckets);
        Report(sample);
        Tick(1);

        EdgeSummary edge = Assert.Single(_book.Summarize(10));
        Assert.InRange(edge.LatencyMs(0.5), 3, 5);
        Assert.InRange(edge.LatencyMs(0.99), 150, 250);
    }

    [Fact]
    public void Mtls_PartOfTheRequests_IsTheShare()
    {
        EdgeSample plain = Sample(10);
        plain.Mtls = false;
        Report(Sample(30), started: ulong.MaxValue);
        Report(plain, started: ulong.MaxValue);
        Tick(1);

        Assert.Equal(0.75, Assert.Single(_book.Summarize(10)).EncryptedShare);
    }

    [Fact]
    public void Mtls_NobodyReached_IsNotSaid()
    {
        EdgeSample aborted = Sample(10);
        aborted.Mtls = false;
        aborted.Destination.Workload = "unknown";
        Report(aborted, started: ulong.MaxValue);
        Tick(1);

        Assert.Null(Assert.Single(_book.Summarize(10)).EncryptedShare);
    }

    private void Report(EdgeSample sample, string workload = "default/a", ulong started = 0) =>
        _book.Take(workload, new TelemetryReport { StartedUnixMs = started, Edges = { sample } });

    private void Tick(int seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private static EdgeSample Named(int i)
    {
        EdgeSample sample = Sample(1);
        sample.Destination.App = $"app{i}";
        return sample;
    }

    private static EdgeSample Sample(ulong requests) => new()
    {
        Source = new Party { Namespace = "default", App = "productpage", Version = "v1", Principal = "spiffe://cluster.local/ns/default/sa/p" },
        Destination = new Party { Namespace = "default", Workload = "reviews-v2", App = "reviews", Version = "v2" },
        DestinationService = "reviews.default.svc.cluster.local", Port = 9080, Outbound = true, Protocol = "http", Mtls = true, Requests = requests,
    };
}
