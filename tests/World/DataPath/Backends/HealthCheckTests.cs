using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using EndpointModel = Weft.Proxy.State.Clusters.EndpointModel;

namespace Weft.World.DataPath.Backends;

/// <summary>Probes of endpoints, plain and through a peer, and what becomes of requests.</summary>
public sealed class HealthCheckTests
{
    private const string ClusterName = "api.default.svc.cluster.local:9080";

    /// <summary>Answers requests, and probes as the test says.</summary>
    private sealed class Patient : IDisposable
    {
        private readonly RawOrigin _origin;

        internal Patient() => _origin = new RawOrigin(async c =>
        {
            while (await c.ReadHeadAsync() is { } head)
            {
                int status = head.StartsWith("GET /healthz?deep=1 ", StringComparison.Ordinal) ? Status : 200;
                Probes += head.Contains("user-agent: weft-health", StringComparison.OrdinalIgnoreCase) && head.Contains("host: probed.example", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
                await c.SendAsync($"HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nok");
            }
        });

        internal int Port => _origin.Port;

        internal volatile int Status = 200;

        internal volatile int Probes;

        public void Dispose() => _origin.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Http_WrongStatusAndRightAgain_TakesTheEndpointOutAndBringsItBack(bool throughPeer)
    {
        using var origin = new Patient();
        await using var kit = new PathKit();
        Start(kit, origin.Port, throughPeer, new HealthCheck { Http = new HealthCheck.Types.Http { Path = "/healthz?deep=1", Host = "probed.example", Expect = { 200 } } });
        Until(() => origin.Probes > 0 && Only(kit).Balanced.State.HealthNote == "HTTP 200");
        Assert.Equal(200, await StatusAsync(kit));
        origin.Status = 500;
        Until(() => Only(kit).Balanced.State.IsUnhealthy);
        Assert.Equal("HTTP 500", Only(kit).Balanced.State.HealthNote);
        Assert.Equal(503, await StatusAsync(kit));
        origin.Status = 200;
        Until(() => !Only(kit).Balanced.State.IsUnhealthy);
        Assert.Equal(200, await StatusAsync(kit));
    }

    [Fact]
    public async Task Http_AnotherPort_IsAskedThere()
    {
        using var origin = new Patient();
        using var health = new Patient { Status = 503 };
        await using var kit = new PathKit();
        Start(kit, origin.Port, throughPeer: false, new HealthCheck { Http = new HealthCheck.Types.Http { Path = "/healthz?deep=1", Expect = { 200, 503 } }, Port = (uint)health.Port });
        Until(() => Only(kit).Balanced.State.HealthNote == "HTTP 503");
        Assert.False(Only(kit).Balanced.State.IsUnhealthy);
        Assert.Equal(0, origin.Probes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tcp_NobodyListens_TakesTheEndpointOut(bool throughPeer)
    {
        var origin = new Patient();
        await using var kit = new PathKit();
        Start(kit, origin.Port, throughPeer, new HealthCheck { Tcp = new HealthCheck.Types.Tcp() });
        Until(() => Only(kit).Balanced.State.HealthNote == "connected");
        origin.Dispose();
        Until(() => Only(kit).Balanced.State.IsUnhealthy);
        Assert.Equal(503, await StatusAsync(kit));
    }

    /// <summary>Nobody asks a cluster that says nothing, and what was out is in again when it says nothing any more.</summary>
    [Fact]
    public async Task Check_TakenAway_BringsTheEndpointBack()
    {
        using var origin = new Patient { Status = 500 };
        await using var kit = new PathKit();
        Start(kit, origin.Port, throughPeer: false, new HealthCheck { Http = new HealthCheck.Types.Http { Path = "/healthz?deep=1", Expect = { 200 } } });
        Until(() => Only(kit).Balanced.State.IsUnhealthy);
        Cluster cluster = kit.ClientCluster!.Clone();
        cluster.HealthCheck = null;
        kit.Client!.Replace(Weft.Proxy.State.Cells.ResourceTypes.Cluster, ClusterName, cluster);
        Assert.False(Only(kit).Balanced.State.IsUnhealthy);
        Assert.Equal(200, await StatusAsync(kit));
    }

    private static void Start(PathKit kit, int port, bool throughPeer, HealthCheck check)
    {
        check.Interval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100));
        check.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(5));
        (check.UnhealthyAfter, check.HealthyAfter) = (2, 2);
        if (throughPeer)
        {
            kit.StartServer(port);
        }

        kit.StartClient(kit.Authority, cluster: c => c.HealthCheck = check, endpoints: throughPeer ? [] : [new Endpoint { Address = "127.0.0.1", Port = (uint)port }]);
    }

    private static async Task<int> StatusAsync(PathKit kit)
    {
        using RawClient client = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await client.GetAsync("/");
        return int.Parse((await client.ReadHeadAsync()).Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static EndpointModel Only(PathKit kit) => Assert.Single(kit.Client!.Path.Parts.Mesh.Cells.Cluster(ClusterName).Model!.Model.Endpoints);

    private static void Until(Func<bool> holds) => Assert.True(SpinWait.SpinUntil(holds, PathKit.Patience));
}
