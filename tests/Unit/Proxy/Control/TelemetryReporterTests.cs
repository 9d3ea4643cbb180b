using Google.Protobuf;
using Weft.Model.V1;
using Weft.Protocol.Telemetry.V1;
using Weft.Proxy.Control;
using Weft.Proxy.Overload;
using Weft.Proxy.State;
using Weft.Telemetry;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Records;
using Weft.Transport;
using Weft.Unit.Proxy.State;
using Weft.Unit.Transport;
using Party = Weft.Telemetry.Metrics.Party;

namespace Weft.Unit.Proxy.Control;

public sealed class TelemetryReporterTests
{
    private static readonly ProxyLoad s_load = new(7, new OverloadReport(OverloadStep.RefuseRequests, new Pressure(0.94, "memory"), new ResourceUse(188 << 20, 100, 7)));

    /// <remarks>A proxy ends at any time of a period; what ended since its last report must not be lost.</remarks>
    [Fact]
    public async Task TellNow_RequestEndedSinceTheLastReport_TellsIt()
    {
        using var kit = new LoopKit();
        using var hub = new TelemetryHub(1, () => Stream.Null);
        var connection = new Recorder();
        int told = await kit.RunAsync(() => TellAsync(kit.Loop, hub, connection));
        Assert.Equal(1, told);
        Assert.NotEqual(0UL, connection.Reports[0].StartedUnixMs); // without it what the first report holds would count for nothing
        EdgeSample sample = Assert.Single(connection.Reports[^1].Edges);
        Assert.Equal((1UL, "api.default"), (sample.Requests, sample.DestinationService));
    }

    /// <remarks>At the next period, not with the next report of an idle proxy.</remarks>
    [Fact]
    public async Task OverloadStep_Changed_IsNews()
    {
        using var kit = new LoopKit();
        using var hub = new TelemetryHub(1, () => Stream.Null);
        var connection = new Recorder();
        ProxyLoad load = s_load with { Overload = new OverloadReport(OverloadStep.None, default, default) };

        int told = await kit.RunAsync(() =>
        {
            var reporter = new TelemetryReporter(kit.Loop, hub, "default/web-1", TimeProvider.System, () => load, new ClusterSamples(new MeshState(hub.Edges).Cells));
            kit.Loop.Supervise(reporter.RunAsync(connection), "telemetry");
            reporter.TellNow();
            int before = connection.Reports.Count;
            load = s_load;
            reporter.TellNow();
            return new LoopTask<int>(connection.Reports.Count - before);
        });

        Assert.Equal(1, told);
        Assert.Equal((0U, ""), (connection.Reports[0].Self.OverloadStep, connection.Reports[0].Self.Overload));
        Assert.Equal(3U, connection.Reports[^1].Self.OverloadStep);
        Assert.StartsWith("step 3, new requests are answered 503: memory at 94", connection.Reports[^1].Self.Overload, StringComparison.Ordinal);
    }

    [Fact]
    public void Clusters_WithLimits_AreToldWhenTheyChange()
    {
        var kit = new StateKit();
        kit.Apply("Cluster", ("quiet", new Cluster()), ("api", new Cluster { Limits = new ConnectionLimits { Connections = 1 } }));
        kit.Apply("EndpointSet", ("quiet", new EndpointSet()), ("api", new EndpointSet()));
        var samples = new ClusterSamples(kit.Mesh.Cells);
        Assert.Equal("api", Assert.Single(samples.TakeNews()!.Clusters).Name);
        Assert.Null(samples.TakeNews());
        Assert.True(kit.Mesh.Cells.Cluster("api").Model!.Load.Connections.TryEnter());
        Assert.False(kit.Mesh.Cells.Cluster("api").Model!.Load.Connections.TryEnter());
        Assert.Equal(new LimitSample { Used = 1, Limit = 1, Overflows = 1 }, Assert.Single(samples.TakeNews()!.Clusters).Connections);
    }

    private static LoopTask<int> TellAsync(EventLoop loop, TelemetryHub hub, Recorder connection)
    {
        var reporter = new TelemetryReporter(loop, hub, "default/web-1", TimeProvider.System, () => s_load, new ClusterSamples(new MeshState(hub.Edges).Cells));
        loop.Supervise(reporter.RunAsync(connection), "telemetry");
        int before = connection.Reports.Count;
        Edge edge = hub.Edges.Intern(new EdgeKey(true, Party.Unknown, Party.Unknown, "api.default", "api", "default", 9080, true));
        hub.Loops[0].RequestEnded(new RequestRecord(edge) { Status = 200 });
        reporter.TellNow();
        return new LoopTask<int>(connection.Reports.Count - before);
    }

    private sealed class Recorder : IGrpcConnection, IGrpcCall
    {
        internal List<TelemetryReport> Reports { get; } = [];

        public bool IsUsable { get; private set; } = true;

        public IGrpcCall Start(string method) => this;

        public void Close() => IsUsable = false;

        public bool Send(IMessage message)
        {
            Reports.Add((TelemetryReport)message);
            return true;
        }

        public void Finish() => Close();

        public LoopTask<GrpcReceived> ReceiveAsync() => throw new NotSupportedException();

        public void Cancel() => Close();
    }
}
