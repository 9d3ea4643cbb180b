using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Cli.Explain;
using Weft.Compile;
using Weft.Conformance.GatewayApi.Kit;
using Weft.Model.V1;
using Weft.Proxy.Outbound;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Frontends;
using Weft.Proxy.Static;
using Weft.Transport;

namespace Weft.Conformance.Live.Kit;

/// <summary>
/// The side that calls: a sidecar or a gateway with everything that the compiler has for it. A sidecar is entered by a listener
/// whose connections count as redirected from the address that its resolver gave for the row's host.
/// </summary>
internal sealed class LiveCaller : IDisposable
{
    /// <summary>Durations of rows are those of people; here they are shorter, all by the same factor.</summary>
    public const int Haste = 20;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(600);

    private readonly LiveWorld _world;
    private readonly CompiledMesh _mesh;
    private readonly ExplainCaller _caller;
    private readonly LiveServers _servers;
    private readonly StaticConfig _config;
    private readonly List<string> _missing = [];
    private readonly List<EndpointSet> _resolved = [];
    private StaticProxy? _proxy;

    public LiveCaller(LiveWorld world, CompiledMesh mesh, ExplainCaller caller, LiveServers servers)
    {
        (_world, _mesh, _caller, _servers) = (world, mesh, caller, servers);
        string identity = caller.Identity?.Id.Text ?? $"spiffe://{mesh.Options.TrustDomain}/ns/{caller.Scope.Namespace}/sa/default";
        _config = new StaticConfig { Identity = world.Authority.Identity(identity), Workload = WorkloadOf(), GatewayBind = world.Addresses.Next().ToString() };
    }

    public StaticProxy Proxy => _proxy!; // StartAsync comes first

    /// <summary>A host that is expected to be reached past the mesh: its address is one that something listens on.</summary>
    public string OutsideHost { get; init; } = "";

    /// <summary>Connections go to where the client dialled, and not to an endpoint that somebody chose.</summary>
    public bool DialsTarget { get; init; }

    /// <summary>For a gateway that peers call, too.</summary>
    public string? Inbound { get; init; }

    public static TimeSpan Hurried(TimeSpan written) => written == TimeSpan.Zero ? written : TimeSpan.FromTicks(Math.Clamp((written / Haste).Ticks, ShortestWait.Ticks, LongestWait.Ticks));

    public async Task StartAsync()
    {
        _config.Inbound = Inbound;
        await LoadAsync();
        _proxy = StaticProxy.Start(_config, static () => Stream.Null);
        _proxy.Miss(ResourceTypes.Cluster, _missing);
        foreach (EndpointSet set in _resolved)
        {
            _proxy.Resolve(set.Name, set);
        }
    }

    /// <summary>The port that configuration names for one that a gateway listens on; 0: it is no gateway's.</summary>
    public int WrittenPort(int port) => _config.GatewayPorts.FirstOrDefault(p => p.Value == port).Key;

    /// <summary>Where a request to that host is sent, and where it comes out when nobody knows the host.</summary>
    public async Task<IPEndPoint> EntryAsync(ExplainRequest request, string protocol)
    {
        if (_caller.Scope.IsGateway)
        {
            uint port = request.Port > 0 ? request.Port : request.ToPort;
            uint[] ports = [.. _config.Workload.GatewayListeners.Where(l => (l.Tls is not null) == (request.To.Scheme == "https")).Select(l => l.Port).Distinct()];
            return new IPEndPoint(IPAddress.Parse(_config.GatewayBind), Mapped(request.Port == 0 && !ports.Contains(port) && ports is [var only] ? only : port));
        }

        int fd = Sockets.Listen(SocketTarget.Ip(new IPEndPoint(IPAddress.Loopback, 0)));
        IPEndPoint entry = Sockets.LocalAddress(fd)!;
        var original = new IPEndPoint(await ResolveAsync(request, protocol), (int)request.ToPort);
        Proxy.Path.Listen(fd, (loop, connection) => OutboundConnection.RunToAsync(loop, connection, original), "outbound");
        return entry;
    }

    /// <summary>The last endpoint of a cluster goes and comes again: it is new then.</summary>
    public void Rejoin(string cluster)
    {
        EndpointSet set = _config.EndpointSets.Single(s => s.Name == cluster);
        EndpointSet without = set.Clone();
        without.Endpoints.RemoveAt(without.Endpoints.Count - 1);
        Proxy.Replace(ResourceTypes.EndpointSet, cluster, without);
        Proxy.Replace(ResourceTypes.EndpointSet, cluster, set);
    }

    public void Dispose() => _proxy?.Dispose();

    /// <summary>As the pod's resolver: the mesh's names first. What it does not know is an application outside, which says so.</summary>
    private async Task<IPAddress> ResolveAsync(ExplainRequest request, string protocol)
    {
        FrontendModel? known = Proxy.Path.Parts.Mesh.Frontends.FindByName(request.Host).FirstOrDefault(f => f.VirtualAddresses.Length > 0);
        bool isDialled = OutsideHost == request.Host || (known is not null && IsOriginalDestination(known, request.ToPort));
        if (known is not null && !isDialled)
        {
            return known.VirtualAddresses[0];
        }

        if (IPAddress.TryParse(request.Host, out IPAddress? literal))
        {
            return IPAddress.IsLoopback(literal) || !DialsTarget ? literal
                : throw new InvalidOperationException($"The row would dial {literal}, which may be somebody's: give it a reason in `live`.");
        }

        IPAddress outside = known?.VirtualAddresses[0] ?? _world.Addresses.Next();
        bool isOwnTls = known is not null && _config.Clusters.Any(c => c.Name == $"{known.Name}:{request.ToPort}" && c.Tls?.Mode is UpstreamTls.Types.Mode.Simple or UpstreamTls.Types.Mode.Mutual);
        EchoKind kind = protocol switch { "tcp" => EchoKind.Tcp, "tls" => EchoKind.TcpOverTls, _ => isOwnTls ? EchoKind.Https : EchoKind.Http };
        await _world.Backends.AtAsync($"outside {outside}", kind, [request.Host], new IPEndPoint(outside, (int)request.ToPort));
        return outside;
    }

    private bool IsOriginalDestination(FrontendModel frontend, uint port) =>
        _config.Clusters.Any(c => c.Name == $"{frontend.Name}:{port}" && IsOriginalDestination(c));

    private static bool IsOriginalDestination(Cluster cluster) =>
        cluster.Discovery == Cluster.Types.Discovery.OriginalDestination || cluster.Balancer?.Kind == Balancer.Types.Kind.OriginalDestination;

    private Workload WorkloadOf()
    {
        Workload workload = _mesh.Workload(_caller.Workload)?.Clone() ?? new Workload
        {
            Name = $"{_caller.Scope.Namespace}/live", Namespace = _caller.Scope.Namespace, Outbound = new OutboundPolicy { AllowAny = _mesh.AllowsAny(_caller.Scope) },
        };
        if (_caller.Workload.Length == 0)
        {
            workload.GatewayListeners.Add(_mesh.GatewayListeners(_caller.Scope).Select(l => l.Clone()));
        }

        foreach (JwtIssuer issuer in workload.JwtIssuers)
        {
            issuer.Jwks = _world.Tokens.Jwks;
        }

        foreach (GatewayListener listener in workload.GatewayListeners)
        {
            listener.Bind = ""; // addresses of rows are not this machine's
        }

        return workload;
    }

    private async Task LoadAsync()
    {
        var clusters = new HashSet<string>(StringComparer.Ordinal);
        foreach (GatewayListener listener in _config.Workload.GatewayListeners)
        {
            Mapped(listener.Port);
            foreach (string credential in (listener.Tls?.Credentials ?? []).Append(listener.Tls?.TrustCredential ?? "").Where(c => c.Length > 0))
            {
                _config.Credentials.Add(_world.Authority.Credential(credential, listener.Hosts.Select(h => h.TrimStart('*', '.')).Where(h => h.Length > 0).Append("gateway.example")));
            }

            Routes(listener.RouteSet, clusters);
            TcpRoutes(listener.TcpRouteSet, clusters);
        }

        foreach (Frontend frontend in _caller.Scope.IsGateway ? [] : _mesh.Frontends(_caller.Scope))
        {
            _config.Frontends.Add(WithAddress(frontend));
            foreach (FrontendPort port in frontend.Ports)
            {
                clusters.Add($"{frontend.Name}:{port.Port}");
                Routes(port.RouteSet, clusters);
                TcpRoutes(port.TcpRouteSet, clusters);
            }
        }

        if (_config.Workload.Outbound?.EgressCluster is { Length: > 0 } egress)
        {
            clusters.Add(egress);
        }

        foreach (string name in clusters)
        {
            await ClusterAsync(name);
        }
    }

    /// <summary>What the control plane's allocation does for those who bring no address. An address that is dialled as it is must be of this machine.</summary>
    private Frontend WithAddress(Frontend frontend)
    {
        bool isDialled = frontend.Hostnames.Contains(OutsideHost) || frontend.Name.StartsWith($"{OutsideHost}.", StringComparison.Ordinal)
            || frontend.Ports.Any(p => _mesh.Cluster($"{frontend.Name}:{p.Port}", _caller.Scope) is { } cluster && IsOriginalDestination(cluster));
        if ((frontend.VirtualAddresses.Count > 0 && !isDialled) || frontend.Name.StartsWith('*'))
        {
            return frontend;
        }

        Frontend own = frontend.Clone();
        own.VirtualAddresses.Clear();
        own.VirtualAddresses.Add(ByteString.CopyFrom(isDialled
            ? _world.Addresses.Next().GetAddressBytes()
            : [240, 0, (byte)(_config.Frontends.Count / 256), (byte)(_config.Frontends.Count % 256)]));
        return own;
    }

    private void Routes(string name, HashSet<string> clusters)
    {
        if (name.Length == 0 || _config.RouteSets.Any(r => r.Name == name) || _mesh.RouteSet(name, _caller.Scope)?.Clone() is not { } set)
        {
            return;
        }

        foreach (Route route in set.VirtualHosts.SelectMany(h => h.Routes))
        {
            route.Fault?.Delay?.Duration = Hurried(route.Fault.Delay.Duration);
            if (route.Forward is { } forward)
            {
                forward.Timeout = Hurried(forward.Timeout);
                forward.Retries?.PerTryTimeout = Hurried(forward.Retries.PerTryTimeout);
                forward.Retries?.BackoffBase = Hurried(forward.Retries.BackoffBase, TimeSpan.FromMilliseconds(1));
                forward.Retries?.BackoffMin = Hurried(forward.Retries.BackoffMin, TimeSpan.FromMilliseconds(1));
                forward.Retries?.BackoffMax = Hurried(forward.Retries.BackoffMax, TimeSpan.FromMilliseconds(1));
                clusters.UnionWith(forward.Clusters.Where(c => c.InvalidStatus == 0).Select(c => c.Cluster).Concat(forward.Mirrors.Select(m => m.Cluster)));
            }
        }

        _config.RouteSets.Add(set);
    }

    private void TcpRoutes(string name, HashSet<string> clusters)
    {
        if (name.Length > 0 && _config.TcpRouteSets.All(r => r.Name != name) && _mesh.TcpRouteSet(name, _caller.Scope) is { } set)
        {
            clusters.UnionWith(set.Routes.SelectMany(r => r.Clusters).Where(c => c.InvalidStatus == 0).Select(c => c.Cluster));
            _config.TcpRouteSets.Add(set);
        }
    }

    private async Task ClusterAsync(string name)
    {
        if (_mesh.Cluster(name, _caller.Scope)?.Clone() is not { } cluster)
        {
            _missing.Add(name);
            return;
        }

        if (cluster.Balancer?.WarmUp?.ToTimeSpan() > LiveBalancing.WarmUp)
        {
            cluster.Balancer.WarmUp = Duration.FromTimeSpan(LiveBalancing.WarmUp);
        }

        if (cluster.Tls is { Mode: UpstreamTls.Types.Mode.Simple or UpstreamTls.Types.Mode.Mutual } tls)
        {
            tls.TrustedCaPem = _world.Authority.TrustPem; // the public authorities of this world
            if (tls.Credential.Length > 0)
            {
                _config.Credentials.Add(_world.Authority.Credential(tls.Credential, "client.example"));
            }
        }

        _config.Clusters.Add(cluster);
        if (cluster.Discovery is Cluster.Types.Discovery.Dns or Cluster.Types.Discovery.LogicalDns)
        {
            _resolved.Add(await _servers.ResolveAsync(cluster));
        }
        else if (_mesh.EndpointSet(name, _caller.Scope) is { } endpoints)
        {
            _config.EndpointSets.Add(await _servers.PlaceAsync(endpoints, cluster));
        }
        else
        {
            _config.EndpointSets.Add(new EndpointSet { Name = name });
        }
    }

    /// <summary>A port of the gateway's own address that is free: what listens on all addresses of the machine may have any other.</summary>
    private int Mapped(uint port)
    {
        if (!_config.GatewayPorts.TryGetValue((int)port, out int mapped))
        {
            int fd = Sockets.Listen(SocketTarget.Ip(new IPEndPoint(IPAddress.Parse(_config.GatewayBind), 0)));
            _config.GatewayPorts[(int)port] = mapped = Sockets.LocalAddress(fd)!.Port;
            new Microsoft.Win32.SafeHandles.SafeFileHandle(fd, ownsHandle: true).Dispose();
        }

        return mapped;
    }

    private static Duration? Hurried(Duration? written) => written is null ? null : Duration.FromTimeSpan(Hurried(written.ToTimeSpan()));

    private static Duration? Hurried(Duration? written, TimeSpan least) =>
        written is null || written.ToTimeSpan() == TimeSpan.Zero ? written : Duration.FromTimeSpan(new[] { written.ToTimeSpan() / Haste, least }.Max());
}
