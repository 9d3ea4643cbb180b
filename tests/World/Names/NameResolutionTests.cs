using Google.Protobuf;
using Weft.Model.V1;
using Weft.Proxy.State;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Proxy.State.Names;
using Weft.Telemetry.Logging;
using Weft.Telemetry.Metrics;

namespace Weft.World.Names;

/// <summary>Clusters whose endpoints are names, with a server that changes its mind, on a clock that runs twenty times as fast.</summary>
public sealed class NameResolutionTests : IAsyncDisposable
{
    private const string Name = "db.test:5432";

    private readonly DnsServer _server = DnsServer.Start();
    private readonly NameKit _kit;
    private readonly MeshState _mesh;
    private readonly StateApplier _applier;
    private readonly MemoryStream _log = new();

    public NameResolutionTests()
    {
        _kit = new NameKit(_server.Port, "nameserver 127.0.0.1\noptions timeout:30 attempts:1", hasIpv6: false, clockSpeed: 20);
        var edges = new EdgeTable(loops: 1);
        _mesh = new MeshState(edges);
        var activation = new RouteActivation(_mesh.Cells, () => _kit.Loop.NowMs, new DiscoveryPatience());
        _applier = new StateApplier(_mesh, new ClusterContext(edges, "host", seed: 1), activation, new StateOwner("default", static () => ""));
        new NameResolution(_kit.Loop, _applier, _kit.Client, new EventLog(_log, TimeProvider.System)).Start();
    }

    public async ValueTask DisposeAsync()
    {
        _kit.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Dns_EveryAddressIsAnEndpoint_AndFollowsTheAnswers()
    {
        _server.Set("db.test", 1, "192.0.2.2", "192.0.2.1");
        Apply(Cluster.Types.Discovery.Dns, "db.test");
        await UntilAsync("192.0.2.1 192.0.2.2");

        _server.Set("db.test", 1, "192.0.2.3", "192.0.2.1");
        await UntilAsync("192.0.2.1 192.0.2.3");
    }

    [Fact]
    public async Task Dns_SeveralNames_AreResolvedTogetherAndEachAddressCountsOnce()
    {
        _server.Set("a.test", 1, "192.0.2.1", "192.0.2.2");
        _server.Set("b.test", 1, "192.0.2.2", "192.0.2.3");
        Apply(Cluster.Types.Discovery.Dns, "a.test", "b.test", "nowhere.test", "198.51.100.1");
        await UntilAsync("192.0.2.1 192.0.2.2 192.0.2.3 198.51.100.1");
    }

    [Fact]
    public async Task LogicalDns_FirstAddressOfTheAnswer_IsTheOnlyEndpoint()
    {
        _server.Set("db.test", 1, "192.0.2.2", "192.0.2.1");
        Apply(Cluster.Types.Discovery.LogicalDns, "db.test");
        await UntilAsync("192.0.2.2");

        _server.Set("db.test", 1, "192.0.2.7", "192.0.2.2");
        await UntilAsync("192.0.2.7");
    }

    [Fact]
    public async Task Server_ThatFails_LeavesTheLastAddresses()
    {
        _server.Set("db.test", 1, "192.0.2.1");
        Apply(Cluster.Types.Discovery.Dns, "db.test");
        await UntilAsync("192.0.2.1");
        int asked = _server.Questions.Count;

        _server.Misdeed = q => [DnsServer.Reply(q, 2, [], [])];
        await _kit.UntilAsync(() => _server.Questions.Count >= asked + 4);

        Assert.Equal("192.0.2.1", Endpoints());
        Assert.Contains("its last addresses serve on", Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_ThatIsGone_KeepsItsAddressesForAWhileAndThenHasNone()
    {
        _server.Set("db.test", 1, "192.0.2.1");
        Apply(Cluster.Types.Discovery.Dns, "db.test");
        await UntilAsync("192.0.2.1");
        int asked = _server.Questions.Count;

        _server.Remove("db.test", negativeTtl: 1);
        string held = "";
        await _kit.UntilAsync(() =>
        {
            held = Endpoints();
            return _server.Questions.Count >= asked + 3;
        });
        Assert.Equal("192.0.2.1", held);

        await UntilAsync("");
        _server.Set("db.test", 1, "192.0.2.5");
        await UntilAsync("192.0.2.5");
    }

    [Fact]
    public async Task Name_ThatNeverResolved_SettlesTheClusterWithoutEndpoints()
    {
        Apply(Cluster.Types.Discovery.Dns, "nowhere.test");
        await _kit.UntilAsync(() => _mesh.Cells.Cluster(Name).IsSettled);
        Assert.Equal("", Endpoints());
        Assert.Contains("nowhere.test does not exist", Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_ThatIsRemoved_IsNotAskedForAgain()
    {
        _server.Set("db.test", 1, "192.0.2.1");
        _server.Set("other.test", 1, "192.0.2.2");
        Apply(Cluster.Types.Discovery.Dns, "db.test");
        await UntilAsync("192.0.2.1");

        Apply(Cluster.Types.Discovery.Dns, "other.test");
        await UntilAsync("192.0.2.2");
        await _kit.UntilAsync(() => _server.Questions.Count(q => q.Name == "other.test") > 2);
        int asked = _server.Questions.Count(q => q.Name == "db.test");
        int others = _server.Questions.Count(q => q.Name == "other.test");
        await _kit.UntilAsync(() => _server.Questions.Count(q => q.Name == "other.test") > others + 3);

        Assert.Equal(asked, _server.Questions.Count(q => q.Name == "db.test"));
    }

    private void Apply(Cluster.Types.Discovery discovery, params string[] hosts)
    {
        var cluster = new Cluster { Name = Name, Port = 5432, Discovery = discovery };
        cluster.Dns.AddRange(hosts.Select(h => new DnsTarget { Host = h, Port = 5432, Weight = 1 }));
        _kit.Loop.Post(() => _applier.Apply(new ResourceDelta("Cluster", [new ResourceUpdate(Name, "v", cluster.ToByteString())], [], [])));
    }

    private Task UntilAsync(string addresses) => _kit.UntilAsync(() => _mesh.Cells.Cluster(Name).IsSettled && Endpoints() == addresses);

    private string Endpoints() => string.Join(' ', (_mesh.Cells.Cluster(Name).Model?.Model.Endpoints ?? []).Select(e => e.Address).Order(StringComparer.Ordinal));

    private string Log() => System.Text.Encoding.UTF8.GetString(_log.ToArray());
}
