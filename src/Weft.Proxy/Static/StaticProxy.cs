using System.Net;
using Google.Protobuf;
using Weft.Primitives;
using Weft.Proxy.Draining;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Handover;
using Weft.Proxy.Host;
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
    private readonly FileCredentials _files;

    private StaticProxy(StaticConfig config, ListenerBook listeners, Func<Stream> openAccessLog)
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
            mesh, _telemetry, tls, new LoopbackApp(IPAddress.Parse(config.AppAddress), config.AppPorts), new DestinationGuard([], allowLoopback: true)), listeners);
        string self = config.Identity?.Id ?? string.Empty; // and not the configuration, whose messages are garbage from here on
        var context = new ClusterContext(_telemetry.Edges, ownHost: string.Empty, seed: (ulong)Random.Shared.NextInt64());
        _applier = new StateApplier(mesh, context, new RouteActivation(mesh.Cells, () => Environment.TickCount64, new DiscoveryPatience()), new StateOwner(config.Workload.Namespace, () => self));
        _files = new FileCredentials(TakeFile, static _ => { }, forbidden: string.Empty, TimeProvider.System);
        mesh.Cells.SendAsksTo(Ask);
        Load(config);
    }

    public DataPath Path { get; }

    public TelemetryHub Telemetry => _telemetry;

    public IPEndPoint? InboundAddress { get; private set; }

    public IPEndPoint? OutboundAddress { get; private set; }

    /// <summary>Throws <see cref="InvalidDataException"/> or <see cref="IOException"/> with a sentence for people.</summary>
    public static StaticProxy Start(StaticConfig config, Func<Stream>? openAccessLog = null)
    {
        StaticProxy proxy = Prepare(config, new ListenerBook(), openAccessLog ?? Console.OpenStandardOutput);
        proxy.Open(config);
        return proxy;
    }

    /// <summary>The same, up to where it would listen.</summary>
    internal static StaticProxy Prepare(StaticConfig config, ListenerBook listeners, Func<Stream> openAccessLog) => new(config, listeners, openAccessLog);

    /// <summary>What reading the configuration left is given back soon, and what work leaves whenever it rests. For a process that is nothing else.</summary>
    internal void KeepMemoryAtRest()
    {
        EventLoop loop = _loops.Loops[0];
        loop.Post(() => loop.Supervise(new MemoryAtRest(loop, Path, Activity, TrimExcess).KeepAsync(), "memory-at-rest"));
    }

    /// <summary>Takes leave of clients and waits for them, at most so long. With another process in its place nothing more is accepted here. Not for a loop's thread.</summary>
    internal bool Leave(DrainScope scope, TimeSpan most)
    {
        if (scope == DrainScope.All)
        {
            Path.Listeners.StopAll();
        }

        EventLoop loop = _loops.Loops[0];
        return loop.InvokeAsync(() => Draining.Leave.TakeAsync(loop, Path, scope, most)).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _files.Dispose();
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
        Apply(ResourceTypes.Frontend, config.Frontends, f => f.Name);
        Apply(ResourceTypes.Cluster, config.Clusters, c => c.Name);
        Apply(ResourceTypes.EndpointSet, config.EndpointSets, e => e.Name);
        Apply(ResourceTypes.RouteSet, config.RouteSets, r => r.Name);
        Apply(ResourceTypes.TcpRouteSet, config.TcpRouteSets, r => r.Name);
    }

    /// <summary>Listens, on sockets of the process before it where there are such.</summary>
    internal void Open(StaticConfig config)
    {
        InboundAddress = config.Inbound is { } inbound ? Listen("inbound", inbound, Path.ListenInbound) : null;
        OutboundAddress = config.ExplicitOutbound is { } outbound ? Listen("explicit outbound", outbound, Path.ListenExplicitOutbound) : null;

        Path.Gateway.PortMap = config.GatewayPorts;
        Path.Gateway.Bind = IPAddress.Parse(config.GatewayBind);
        Path.Gateway.Failed = static reason => throw new IOException(reason);
        if (Path.Parts.Mesh.Workload is { } workload)
        {
            Path.Gateway.Apply(workload);
        }

        Path.Listeners.CloseUnclaimed();
    }

    private IPEndPoint? Listen(string name, string address, Func<int, LoopListener> start) =>
        Path.Listeners.Listen($"{name} {address}", () => Sockets.Listen(SocketTarget.Ip(IPEndPoint.Parse(address))), start).LocalAddress;

    private ApplyResult Take(ResourceDelta delta)
    {
        lock (_applier)
        {
            return _applier.Apply(delta);
        }
    }

    private ulong Activity() => _telemetry.Edges.Activity + (ulong)_loops.Loops.Sum(static l => l.ConnectionCount);

    private void TrimExcess()
    {
        lock (_applier)
        {
            _applier.TrimExcess();
        }
    }

    private void Ask(string type, string name)
    {
        if (type == ResourceTypes.Credential && FileCredentialName.IsFile(name))
        {
            _files.Want(name);
        }
    }

    private void TakeFile(string name, State.Workloads.CredentialModel? read)
    {
        lock (_applier)
        {
            _applier.SetCredential(name, read);
        }
    }

    private void Apply<T>(string type, IReadOnlyList<T> messages, Func<T, string> name)
        where T : IMessage
    {
        ResourceUpdate[] updates = [.. messages.Select(m => new ResourceUpdate(name(m), "static", m.ToByteString()))];
        ApplyResult result = Take(new ResourceDelta(type, updates, [], []));
        if (result.Error is { } error)
        {
            throw new InvalidDataException(error);
        }
    }
}
