using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using Weft.Proxy.State;
using Weft.Proxy.State.Cells;
using Weft.Proxy.Static;
using Weft.Transport;

namespace Weft.World.DataPath.Faults;

/// <summary>client → outbound proxy ═ inbound proxy → origin, HTTP and opaque, on loops whose clock runs fast; their access logs are kept.</summary>
internal sealed class FaultWorld : IDisposable
{
    /// <summary>30 minutes in 30 seconds, and still more room in a timeout than a busy machine takes away.</summary>
    internal const int ClockSpeed = 60;

    private const string Name = "api.default.svc.cluster.local";
    private const int AppPort = 9080, OpaquePort = 9081;

    private readonly PathAuthority _authority = new();

    internal FaultWorld()
    {
        Far = StartFar();
        Near = StartNear();
    }

    internal FaultOrigin Origin { get; } = new();

    internal StaticProxy Near { get; }

    internal StaticProxy Far { get; }

    internal LogLines NearLog { get; } = new();

    internal LogLines FarLog { get; } = new();

    internal int HttpPort => Near.OutboundAddress!.Port;

    internal int InboundPort => Far.InboundAddress!.Port;

    internal int TunnelPort { get; } = FreePort();

    internal PathAuthority Authority => _authority;

    /// <summary>A port where nobody listens.</summary>
    private int DeadPort { get; } = FreePort();

    /// <summary>Swaps the way of HTTP requests: another timeout, other endpoints.</summary>
    internal void Swap(Random random)
    {
        Near.Replace(ResourceTypes.RouteSet, $"{Name}:{AppPort}", Routes(TimeSpan.FromSeconds(random.Next(10, 60)), retries: random.Next(3)));
        Near.Replace(ResourceTypes.Cluster, $"{Name}:{AppPort}", Cluster(AppPort, isHedged: random.Next(2) == 0));
        Endpoint[] sets = random.Next(12) switch
        {
            >= 8 => [Peer(InboundPort, AppPort), Peer(InboundPort, AppPort, "api-other")], // somebody to ask beside the first
            0 => [Peer(InboundPort, AppPort), Peer(DeadPort, AppPort)],
            1 => [Peer(DeadPort, AppPort), Peer(InboundPort, AppPort), Peer(InboundPort, AppPort)],
            2 when random.Next(4) == 0 => [],
            _ => [Peer(InboundPort, AppPort)],
        };
        Near.Replace(ResourceTypes.EndpointSet, $"{Name}:{AppPort}", new EndpointSet { Name = $"{Name}:{AppPort}", Endpoints = { sets } });
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
        Origin.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private StaticProxy StartFar()
    {
        var config = new StaticConfig { Inbound = "127.0.0.1:0", Identity = _authority.Issue("api"), Loops = 2, LoopLimits = new LoopLimits { ClockSpeed = ClockSpeed } };
        config.AppPorts[AppPort] = Origin.HttpPort;
        config.AppPorts[OpaquePort] = Origin.OpaquePort;
        config.Workload = new Workload
        {
            Name = "default/api-1", Namespace = "default", ServiceAccount = "api", Telemetry = new() { AccessLog = true },
            Inbound =
            {
                new InboundPort { Port = AppPort, Protocol = AppProtocol.Http1, Mtls = Model.V1.InboundPort.Types.Mtls.Strict },
                new InboundPort { Port = OpaquePort, Protocol = AppProtocol.Tcp, Mtls = Model.V1.InboundPort.Types.Mtls.Strict },
            },
        };
        return StaticProxy.Start(config, () => FarLog);
    }

    private StaticProxy StartNear()
    {
        var config = new StaticConfig { ExplicitOutbound = "127.0.0.1:0", Identity = _authority.Issue("web"), Loops = 2, LoopLimits = new LoopLimits { ClockSpeed = ClockSpeed } };
        config.Workload = new Workload
        {
            Name = "default/web-1", Namespace = "default", ServiceAccount = "web", Telemetry = new() { AccessLog = true },
            GatewayListeners = { new GatewayListener { Name = "opaque", Port = (uint)TunnelPort, Protocol = AppProtocol.Tcp, Hosts = { "*" }, TcpRouteSet = "opaque/tcp" } },
        };
        config.RouteSets.Add(Routes(TimeSpan.FromSeconds(20), retries: 1));
        config.TcpRouteSets.Add(new TcpRouteSet { Name = "opaque/tcp", Routes = { new TcpRoute { Clusters = { new WeightedCluster { Cluster = $"{Name}:{OpaquePort}", Weight = 1 } } } } });
        foreach (int port in new[] { AppPort, OpaquePort })
        {
            config.Clusters.Add(Cluster(port, isHedged: false));
            config.EndpointSets.Add(new EndpointSet { Name = $"{Name}:{port}", Endpoints = { Peer(InboundPort, port) } });
        }

        config.Frontends.Add(new Frontend
        {
            Name = Name, Namespace = "default", Hostnames = { Name, "api.default" },
            Ports = { new FrontendPort { Port = AppPort, Protocol = AppProtocol.Http1, ByHost = true, RouteSet = $"{Name}:{AppPort}" } },
        });
        return StaticProxy.Start(config, () => NearLog);
    }

    private static RouteSet Routes(TimeSpan timeout, int retries)
    {
        var forward = new Forward { Timeout = Duration.FromTimeSpan(timeout), Clusters = { new WeightedCluster { Cluster = $"{Name}:{AppPort}", Weight = 100 } } };
        if (retries > 0)
        {
            forward.Retries = new RetryPolicy { Attempts = (uint)retries };
        }

        return new RouteSet { Name = $"{Name}:{AppPort}", VirtualHosts = { new VirtualHost { Hosts = { "*" }, Routes = { new Route { Forward = forward } } } } };
    }

    private static Cluster Cluster(int port, bool isHedged) => new()
    {
        Name = $"{Name}:{port}", Service = Name, Namespace = "default", Port = (uint)port, Protocol = port == AppPort ? AppProtocol.Http1 : AppProtocol.Tcp,
        Hedging = isHedged ? new Hedging { After = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)), Attempts = 1, BudgetPercent = 50 } : null,
    };

    private static Endpoint Peer(int port, int targetPort, string? workload = null) => new()
    {
        Address = "127.0.0.1", Port = (uint)port, TargetPort = (uint)targetPort, PeerProtocol = PathKit.PeerProtocol,
        Identity = "spiffe://weft.local/ns/default/sa/api", Workload = $"default/{workload ?? $"api-{port}"}", Weight = 1,
    };
}

/// <summary>An access log's lines in memory. Written by the log's own thread, read by any.</summary>
internal sealed class LogLines : Stream
{
    private readonly Lock _gate = new();
    private readonly MemoryStream _bytes = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    internal JsonElement[] Read()
    {
        lock (_gate)
        {
            return [.. Encoding.UTF8.GetString(_bytes.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        lock (_gate)
        {
            _bytes.Write(buffer);
        }
    }

    public override void Flush()
    {
        // memory needs none
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
