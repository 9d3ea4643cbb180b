using System.Net;
using Google.Protobuf;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry;
using Weft.Transport;

namespace Weft.Proxy.Static;

/// <summary>The data path over a fixed configuration: what benchmarks and tests measure is what a mesh runs, without a control plane. Owned by its maker.</summary>
public sealed class StaticProxy : IDisposable
{
    private readonly LoopGroup _loops;
    private readonly TelemetryHub _telemetry;
    private readonly StateApplier _applier;

    private StaticProxy(StaticConfig config, Func<Stream> openAccessLog)
    {
        _loops = LoopGroup.Start("weft", config.Loops, config.LoopLimits);
        _telemetry = new TelemetryHub(config.Loops, openAccessLog);
        var mesh = new MeshState(_telemetry.Edges);
        var tls = new MeshTls();
        if (config.Identity is { } identity)
        {
            if (!SpiffeId.TryParse(identity.Id, out SpiffeId? id))
            {
                throw new InvalidDataException($"'{identity.Id}' is no SPIFFE ID; write spiffe://trust-domain/ns/namespace/sa/account.");
            }

            tls.Replace(id, identity.CertificateChainPem, identity.PrivateKeyPem, identity.TrustPem);
        }

        _telemetry.Apply(new TelemetrySettings(
            config.Workload.Telemetry?.AccessLog ?? false, Spans: false, config.Workload.Telemetry?.SamplingPercent ?? 0, Tap: null));
        Path = new DataPath(_loops, new ProxyParts(
            mesh, _telemetry, tls, new LoopbackApp(IPAddress.Parse(config.AppAddress), config.AppPorts), new DestinationGuard([], allowLoopback: true)));
        string self = config.Identity?.Id ?? string.Empty; // and not the configuration, whose messages are garbage from here on
        var context = new ClusterContext(_telemetry.Edges, ownHost: string.Empty, seed: (ulong)Random.Shared.NextInt64());
        _applier = new StateApplier(mesh, context, new RouteActivation(mesh.Cells, () => Environment.TickCount64, new DiscoveryPatience()), new StateOwner(config.Workload.Namespace, () => self));
        Load(config);
        Open(config, mesh);
    }

    public DataPath Path { get; }

    public TelemetryHub Telemetry => _telemetry;

    public IPEndPoint? InboundAddress { get; private set; }

    public IPEndPoint? OutboundAddress { get; private set; }

    /// <summary>Throws <see cref="InvalidDataException"/> or <see cref="IOException"/> with a sentence for people.</summary>
    public static StaticProxy Start(StaticConfig config, Func<Stream>? openAccessLog = null) =>
        new(config, openAccessLog ?? Console.OpenStandardOutput);

    public void Dispose()
    {
        _loops.Dispose();
        _telemetry.Dispose();
    }

    /// <summary>Swaps one resource as discovery would. One caller at a time.</summary>
    internal void Replace<T>(string type, string name, T message)
        where T : IMessage => Apply(type, [message], _ => name);

    /// <summary>Nobody has such resources: who asks for them is told so at once.</summary>
    internal void Miss(string type, IReadOnlyList<string> names) => _applier.Apply(new ResourceDelta(type, [], [], names));

    /// <summary>What the names of a cluster mean, for one whose endpoints are found by name.</summary>
    internal void Resolve(string cluster, Model.V1.EndpointSet endpoints) => _applier.SetResolved(cluster, endpoints);

    private void Load(StaticConfig config)
    {
        Apply(ResourceTypes.Workload, [config.Workload], w => w.Name);
        Apply(ResourceTypes.Credential, config.Credentials, c => c.Name);
        Apply(ResourceTypes.Cluster, config.Clusters, c => c.Name);
        Apply(ResourceTypes.EndpointSet, config.EndpointSets, e => e.Name);
        Apply(ResourceTypes.RouteSet, config.RouteSets, r => r.Name);
        Apply(ResourceTypes.TcpRouteSet, config.TcpRouteSets, r => r.Name);
        Apply(ResourceTypes.Frontend, config.Frontends, f => f.Name);
    }

    private void Open(StaticConfig config, MeshState mesh)
    {
        if (config.Inbound is { } inbound)
        {
            int fd = Sockets.Listen(SocketTarget.Ip(IPEndPoint.Parse(inbound)));
            InboundAddress = Sockets.LocalAddress(fd);
            Path.ListenInbound(fd);
        }

        if (config.ExplicitOutbound is { } outbound)
        {
            int fd = Sockets.Listen(SocketTarget.Ip(IPEndPoint.Parse(outbound)));
            OutboundAddress = Sockets.LocalAddress(fd);
            Path.ListenExplicitOutbound(fd);
        }

        Path.Gateway.PortMap = config.GatewayPorts;
        Path.Gateway.Bind = IPAddress.Parse(config.GatewayBind);
        Path.Gateway.Failed = static reason => throw new IOException(reason);
        if (mesh.Workload is { } workload)
        {
            Path.Gateway.Apply(workload);
        }
    }

    private void Apply<T>(string type, IReadOnlyList<T> messages, Func<T, string> name)
        where T : IMessage
    {
        ResourceUpdate[] updates = [.. messages.Select(m => new ResourceUpdate(name(m), "static", m.ToByteString()))];
        ApplyResult result = _applier.Apply(new ResourceDelta(type, updates, [], []));
        if (result.Error is { } error)
        {
            throw new InvalidDataException(error);
        }
    }
}
