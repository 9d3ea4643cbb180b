using System.Net;
using Weft.Cli.Explain;
using Weft.Compile;
using Weft.Conformance.GatewayApi.Kit;
using Weft.Model.V1;
using Weft.Proxy.Static;
using Weft.Resources;
using Weft.Transport;

namespace Weft.Conformance.Live.Kit;

/// <summary>
/// The side that is called: in front of each workload of the mesh a proxy with what the compiler says of it, and applications.
/// Endpoints are the compiler's own but for where they are dialled, which a registered workload tells, too.
/// </summary>
internal sealed class LiveServers(LiveWorld world, CompiledMesh mesh, string protocol) : IDisposable
{
    private readonly Dictionary<string, (StaticProxy Proxy, StaticConfig Config)> _proxies = new(StringComparer.Ordinal);

    private readonly Dictionary<string, LiveCaller> _gateways = new(StringComparer.Ordinal);

    /// <summary>Where configuration says that gateways are.</summary>
    public HashSet<string> GatewayPlaces { get; } = new(StringComparer.Ordinal);

    /// <summary>What is dialled ("127.0.0.1:40001") to what configuration says ("10.0.1.1:9080").</summary>
    public async Task<EndpointSet> PlaceAsync(EndpointSet written, Cluster cluster)
    {
        EndpointSet set = written.Clone();
        foreach (Endpoint endpoint in set.Endpoints)
        {
            string place = PlaceOf(endpoint.Address, endpoint.Port);
            IPEndPoint at = endpoint.PeerProtocol.Length > 0
                ? await PeerAsync(endpoint, place, cluster)
                : await world.Backends.AtAsync(place, KindOf(cluster), NamesOf(cluster));
            endpoint.Address = at.Address.ToString();
            endpoint.Port = (uint)at.Port;
        }

        return set;
    }

    /// <summary>A resolver for clusters whose endpoints are names.</summary>
    public async Task<EndpointSet> ResolveAsync(Cluster cluster)
    {
        var set = new EndpointSet { Name = cluster.Name };
        foreach (DnsTarget target in cluster.Dns)
        {
            IPEndPoint at = await world.Backends.AtAsync(PlaceOf(target.Host, target.Port), KindOf(cluster), NamesOf(cluster));
            set.Endpoints.Add(new Endpoint { Address = at.Address.ToString(), Port = (uint)at.Port, Weight = target.Weight, Locality = target.Locality });
        }

        return set;
    }

    /// <summary>Where the application is that an endpoint's proxy leads to: "10.0.1.1:9080", or "10.0.1.1 /run/app.sock".</summary>
    public string AppPlaceOf(Endpoint endpoint) =>
        (endpoint.PeerProtocol.Length > 0 ? mesh.Workload(endpoint.Workload)?.Inbound.FirstOrDefault(p => p.Port == endpoint.TargetPort) : null) switch
        {
            { AppSocket.Length: > 0 } port => $"{endpoint.Address} {port.AppSocket}",
            { AppPort: > 0 } port when port.AppPort != port.Port => PlaceOf(endpoint.Address, port.AppPort),
            _ => PlaceOf(endpoint.Address, endpoint.Port),
        };

    public static string PlaceOf(string address, uint port) => address.Contains(':') ? $"[{address}]:{port}" : $"{address}:{port}";

    public void Dispose()
    {
        foreach ((StaticProxy proxy, _) in _proxies.Values)
        {
            proxy.Dispose();
        }

        foreach (LiveCaller gateway in _gateways.Values)
        {
            gateway.Dispose();
        }
    }

    private async Task<IPEndPoint> PeerAsync(Endpoint endpoint, string place, Cluster cluster)
    {
        if (mesh.Workload(endpoint.Workload) is { GatewayListeners.Count: > 0 })
        {
            GatewayPlaces.Add(place);
            return await GatewayAsync(endpoint.Workload);
        }

        (StaticProxy proxy, StaticConfig config) = await ServerAsync(endpoint);
        InboundPort? inbound = config.Workload.Inbound.FirstOrDefault(p => p.Port == endpoint.TargetPort);
        bool isOwnTls = cluster.Tls?.Mode is UpstreamTls.Types.Mode.Simple or UpstreamTls.Types.Mode.Mutual;
        EchoKind kind = isOwnTls ? KindOf(cluster) : KindOf(inbound);
        int appPort = (int)(inbound is { AppPort: > 0 } ? inbound.AppPort : endpoint.TargetPort);
        int app = (await world.Backends.AtAsync(AppPlaceOf(endpoint), kind, NamesOf(cluster))).Port;
        if (isOwnTls || !config.AppPorts.ContainsKey(appPort))
        {
            config.AppPorts[appPort] = app; // other services of the same port say less of its application than a rule about its TLS
        }

        if (cluster.Tls?.Mode is null or UpstreamTls.Types.Mode.Auto or UpstreamTls.Types.Mode.MeshMutual)
        {
            return proxy.InboundAddress!; // its configuration has one
        }

        // Who speaks no mutual TLS comes to the port itself, from which the pod's rules lead to the proxy.
        int fd = Sockets.Listen(SocketTarget.Ip(new IPEndPoint(IPAddress.Loopback, 0)));
        IPEndPoint plain = Sockets.LocalAddress(fd)!;
        proxy.Path.ListenInbound(fd, (int)endpoint.TargetPort);
        return plain;
    }

    /// <summary>A gateway that is called by peers calls others in turn, among them perhaps itself: then it is there already.</summary>
    private async Task<IPEndPoint> GatewayAsync(string workload)
    {
        if (!_gateways.TryGetValue(workload, out LiveCaller? gateway))
        {
            var pod = mesh.Snapshot.Find(new ResourceKey("", "Pod", workload.Split('/')[0], workload.Split('/')[1]))!; // its workload was compiled from it
            var caller = new ExplainCaller(ClientScope.Of(pod), workload, ExplainCaller.IdentityOf(mesh, pod.Namespace, mesh.Workload(workload)?.ServiceAccount), "");
            int fd = Sockets.Listen(SocketTarget.Ip(new IPEndPoint(IPAddress.Loopback, 0)));
            IPEndPoint free = Sockets.LocalAddress(fd)!;
            new Microsoft.Win32.SafeHandles.SafeFileHandle(fd, ownsHandle: true).Dispose();
            _gateways[workload] = gateway = new LiveCaller(world, mesh, caller, this) { Inbound = free.ToString() };
            await gateway.StartAsync();
        }

        return IPEndPoint.Parse(gateway.Inbound!); // set two lines above
    }

    private async Task<(StaticProxy Proxy, StaticConfig Config)> ServerAsync(Endpoint endpoint)
    {
        if (_proxies.TryGetValue(endpoint.Workload, out (StaticProxy, StaticConfig) known))
        {
            return known;
        }

        Workload workload = mesh.Workload(endpoint.Workload)?.Clone()
            ?? new Workload { Name = endpoint.Workload, Namespace = endpoint.Workload.Split('/')[0], Inbound = { new InboundPort { Port = endpoint.TargetPort } } };
        foreach (JwtIssuer issuer in workload.JwtIssuers)
        {
            issuer.Jwks = world.Tokens.Jwks;
        }

        foreach (InboundPort port in workload.Inbound.Where(p => p.AppSocket.Length > 0))
        {
            string place = $"{endpoint.Address} {port.AppSocket}";
            await world.Backends.StartAtSocketAsync(place, KindOf(port));
            port.AppSocket = world.Backends.SocketOf(place);
        }

        string account = workload.ServiceAccount.Length > 0 ? workload.ServiceAccount : "default";
        string identity = endpoint.Identity.Length > 0 ? endpoint.Identity : $"spiffe://{mesh.Options.TrustDomain}/ns/{workload.Namespace}/sa/{account}";
        var config = new StaticConfig { Inbound = "127.0.0.1:0", Workload = workload, Identity = world.Authority.Identity(identity) };
        StaticProxy proxy = StaticProxy.Start(config, static () => Stream.Null);
        _proxies[endpoint.Workload] = (proxy, config);
        return (proxy, config);
    }

    private EchoKind KindOf(Cluster cluster) => cluster.Tls?.Mode is UpstreamTls.Types.Mode.Simple or UpstreamTls.Types.Mode.Mutual
        ? protocol is "tcp" or "tls" ? EchoKind.TcpOverTls : EchoKind.Https
        : cluster.Tunnel is not null ? EchoKind.Tunnel
        : KindOf(cluster.H2Upgrade ? AppProtocol.Http2 : cluster.Protocol);

    private EchoKind KindOf(InboundPort? port) => KindOf(port is { Pool.H2Upgrade: true } ? AppProtocol.Http2 : port?.Protocol ?? AppProtocol.Detect);

    /// <summary>What flows decides: a route may send opaque bytes to a port that is declared to carry HTTP.</summary>
    private EchoKind KindOf(AppProtocol declared) => protocol switch
    {
        "tcp" => EchoKind.Tcp,
        "tls" => EchoKind.TcpOverTls,
        _ when declared is AppProtocol.Http2 or AppProtocol.Grpc => EchoKind.ClearHttp2,
        _ => protocol == "grpc" && declared == AppProtocol.Detect ? EchoKind.ClearHttp2 : EchoKind.Http,
    };

    private static string[] NamesOf(Cluster cluster) =>
        [cluster.Service.TrimStart('*', '.'), .. cluster.Tls is { Sni.Length: > 0 } tls ? (IEnumerable<string>)[tls.Sni] : [], .. cluster.Tls?.SubjectAltNames ?? []];
}
