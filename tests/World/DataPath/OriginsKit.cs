using System.Net;
using System.Text.Json;
using Weft.Model.V1;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Static;
using Weft.Telemetry.Metrics;
using Weft.World.DataPath.Faults;

namespace Weft.World.DataPath;

/// <summary>A client's proxy with one loop before plain origins, one service of several endpoints; what it counts and logs can be read.</summary>
internal sealed class OriginsKit : IDisposable
{
    internal const string Name = "api.default.svc.cluster.local:9080";

    private readonly LogLines _log = new();
    private readonly StaticProxy _proxy;

    /// <param name="configure">Sees the configuration before it is started: its first cluster and route are the service's.</param>
    internal OriginsKit(IEnumerable<int> ports, Action<StaticConfig>? configure = null)
    {
        var config = new StaticConfig { ExplicitOutbound = "127.0.0.1:0", Loops = 1 };
        config.Workload = new Workload { Name = "default/web-1", Namespace = "default", ServiceAccount = "web", Telemetry = new() { AccessLog = true } };
        config.RouteSets.Add(new RouteSet
        {
            Name = Name,
            VirtualHosts = { new VirtualHost { Hosts = { "*" }, Routes = { new Route { Forward = new Forward { Clusters = { new WeightedCluster { Cluster = Name, Weight = 100 } } } } } } },
        });
        AddService(config, Name, AppProtocol.Http1, [.. ports]);
        config.Frontends.Add(new Frontend
        {
            Name = Name[..Name.IndexOf(':')], Namespace = "default", Hostnames = { Name[..Name.IndexOf(':')], "api.default" },
            Ports = { new FrontendPort { Port = 9080, Protocol = AppProtocol.Http1, ByHost = true, RouteSet = Name } },
        });
        configure?.Invoke(config);
        _proxy = StaticProxy.Start(config, () => _log);
    }

    internal IPEndPoint Address => _proxy.OutboundAddress!;

    internal ProxyLoop Loop => _proxy.Path.Loops[0];

    internal static void AddService(StaticConfig config, string name, AppProtocol protocol, params int[] ports)
    {
        config.Clusters.Add(new Cluster { Name = name, Service = name, Namespace = "default", Port = 9080, Protocol = protocol, Balancer = new Balancer { Kind = Balancer.Types.Kind.RoundRobin } });
        var set = new EndpointSet { Name = name };
        set.Endpoints.AddRange(ports.Select(p => new Endpoint { Address = "127.0.0.1", Port = (uint)p, Workload = $"default/w{p}", Weight = 1 }));
        config.EndpointSets.Add(set);
    }

    internal Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(Address);

    internal ulong Count(LoopCounter counter) => Loop.Telemetry.Counters.Read(counter);

    /// <summary>Ends once the loop's own clock has gone on by so much: what was due by then has happened.</summary>
    internal Task PassAsync(TimeSpan time) => Loop.Loop.InvokeAsync(async () =>
    {
        await Loop.Loop.DelayAsync((long)time.TotalMilliseconds);
        return true;
    }).WaitAsync(PathKit.Patience);

    internal async Task UntilAsync(Func<bool> holds, string otherwise)
    {
        for (int i = 0; i < 1_500 && !holds(); i++)
        {
            await PassAsync(TimeSpan.FromMilliseconds(10));
        }

        Assert.True(holds(), otherwise);
    }

    /// <summary>The access log's lines, once there are so many.</summary>
    internal async Task<JsonElement[]> LogAsync(int lines)
    {
        await UntilAsync(() => _log.Read().Length >= lines, $"the log has not got {lines} lines");
        return _log.Read();
    }

    public void Dispose() => _proxy.Dispose();
}
