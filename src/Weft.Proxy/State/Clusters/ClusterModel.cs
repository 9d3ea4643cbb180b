using System.Collections.Immutable;
using Weft.Balancing;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Limits;
using Weft.Policy.Retries;
using Weft.Policy.Routing;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry.Metrics;
using Weft.Transport.Tls;

namespace Weft.Proxy.State.Clusters;

/// <summary>How a cluster is spoken to, whoever serves it now. Immutable.</summary>
public sealed class ClusterConfig
{
    /// <summary>Istio's and Envoy's default too.</summary>
    public static readonly TimeSpan ConnectTimeoutDefault = TimeSpan.FromSeconds(10);

    /// <summary>A pooled connection that nobody used for so long is closed.</summary>
    public static readonly TimeSpan IdleTimeoutDefault = TimeSpan.FromMinutes(1);

    internal ClusterConfig(Cluster cluster, ResourceCells cells)
    {
        Name = cluster.Name;
        Service = cluster.Service.Length > 0 ? cluster.Service : cluster.Name;
        Namespace = string.Intern(cluster.Namespace); // a mesh has few of them
        Port = (int)cluster.Port;
        Subset = string.Intern(cluster.Subset);
        Protocol = cluster.UseClientProtocol && cluster.Protocol is AppProtocol.Http1 or AppProtocol.Http2 or AppProtocol.Grpc ? AppProtocol.Detect
            : cluster.H2Upgrade && cluster.Protocol == AppProtocol.Http1 ? AppProtocol.Http2 : cluster.Protocol;
        Origin = cluster.Origin is null ? OriginModel.None : new OriginModel(cluster.Origin);
        Discovery = cluster.Discovery;
        Tls = UpstreamTlsModel.Compile(cluster.Tls, cells);
        ConnectTimeout = cluster.ConnectTimeout?.ToTimeSpan() ?? ConnectTimeoutDefault;
        IdleTimeout = cluster.IdleTimeout?.ToTimeSpan() ?? IdleTimeoutDefault;
        RequestsPerConnectionMax = (int)cluster.MaxRequestsPerConnection;
        HashKeys = HashKeysModel.Compile(cluster.Balancer?.HashKeys ?? []);
        ProxyProtocol = (int)cluster.ProxyProtocol;
        Hedging = HedgingModel.Compile(cluster.Hedging);
        TunnelRequest = cluster.Tunnel is { } tunnel ? RequestOf(tunnel) : null;
        DnsTargets = [.. cluster.Dns];
        SharesConnections = Protocol is AppProtocol.Http2 or AppProtocol.Grpc;
        HealthCheck = cluster.HealthCheck is { } check ? new HealthCheckModel(check, Service) : null;
        Shape = cluster.ConnectionShape is { } shape ? new ConnectionShapeModel(shape) : null;
        bool isLimited = cluster.Limits is { Connections: > 0 } or { Pending: > 0 };
        PoolOwner = isLimited || Shape is not null ? this : null;
        PeerPoolOwner = (isLimited && SharesConnections) || Shape is not null ? this : null;
        Balancer = BalancerModel.Compile(cluster);
        Limits = cluster.Limits;
        RetryBudget = cluster.RetryBudget;
    }

    public string Name { get; }

    /// <summary>Full service name, for metrics and logs.</summary>
    public string Service { get; }

    public string Namespace { get; }

    public int Port { get; }

    public string Subset { get; }

    public AppProtocol Protocol { get; }

    public OriginModel Origin { get; }

    public Cluster.Types.Discovery Discovery { get; }

    public UpstreamTlsModel Tls { get; }

    public TimeSpan ConnectTimeout { get; }

    public TimeSpan IdleTimeout { get; }

    /// <summary>0: no limit, 1: no keep-alive.</summary>
    public int RequestsPerConnectionMax { get; }

    /// <summary>The cluster's own hash keys; a route's come first.</summary>
    public HashKeysModel HashKeys { get; }

    /// <summary>0: none, else version 1 or 2.</summary>
    public int ProxyProtocol { get; }

    /// <summary>Null: a request's tries are made one after the other.</summary>
    public HedgingModel? Hedging { get; }

    /// <summary>Requests share connections to the server itself: limits count those, and not requests.</summary>
    public bool SharesConnections { get; }

    /// <summary>Null: endpoints are not asked.</summary>
    public HealthCheckModel? HealthCheck { get; }

    /// <summary>Its endpoints are names that this proxy resolves itself.</summary>
    public bool IsByName => Discovery is Cluster.Types.Discovery.Dns or Cluster.Types.Discovery.LogicalDns;

    /// <summary>What opens a tunnel for an opaque connection through an endpoint that is an HTTP proxy; null: there is none to open.</summary>
    internal byte[]? TunnelRequest { get; }

    internal ImmutableArray<DnsTarget> DnsTargets { get; }

    /// <summary>Null: connections are kept as the proxy keeps all.</summary>
    public ConnectionShapeModel? Shape { get; }

    /// <summary>Set where connections are limited or kept in a way of their own, so that no other cluster uses them.</summary>
    internal ClusterConfig? PoolOwner { get; }

    /// <summary>The same for peers, whose connections carry the requests of many clusters.</summary>
    internal ClusterConfig? PeerPoolOwner { get; }

    /// <summary>Kept for the balancer, which is compiled again with every endpoint change.</summary>
    internal BalancerModel Balancer { get; }

    /// <summary>Null: nothing is limited.</summary>
    internal ConnectionLimits? Limits { get; }

    /// <summary>Null: the default one.</summary>
    internal RetryBudget? RetryBudget { get; }

    /// <summary>CONNECT names the destination as its target (RFC 9110 §9.3.6); POST, as Envoy has it, by the Host field.</summary>
    private static byte[] RequestOf(Tunnel tunnel)
    {
        string authority = tunnel.Host.Contains(':', StringComparison.Ordinal) ? $"[{tunnel.Host}]:{tunnel.Port}" : $"{tunnel.Host}:{tunnel.Port}";
        string clean = new([.. authority.Where(c => c is > ' ' and < (char)127)]); // nothing that could end the line
        return System.Text.Encoding.ASCII.GetBytes(tunnel.Method == "POST"
            ? $"POST / HTTP/1.1\r\nHost: {clean}\r\n\r\n"
            : $"CONNECT {clean} HTTP/1.1\r\nHost: {clean}\r\n\r\n");
    }
}

/// <summary>TLS towards a cluster's endpoints. Immutable.</summary>
public sealed class UpstreamTlsModel
{
    private UpstreamTlsModel(UpstreamTls.Types.Mode mode)
    {
        Mode = mode;
        SubjectAltNames = [];
    }

    private UpstreamTlsModel(UpstreamTls tls, ResourceCells cells)
    {
        Mode = tls.Mode;
        ServerName = tls.Sni.Length > 0 ? tls.Sni : null;
        SubjectAltNames = [.. tls.SubjectAltNames];
        Credential = tls.Credential.Length > 0 ? cells.Credential(tls.Credential) : null;
        TrustPem = tls.TrustedCaPem.Length > 0 ? tls.TrustedCaPem : null;
        SkipVerification = tls.InsecureSkipVerify;
        if (Mode is UpstreamTls.Types.Mode.Simple or UpstreamTls.Types.Mode.Mutual && TrustPem is null && !SkipVerification)
        {
            TlsTrust.PrepareSystem(); // here, and not on the loop that meets it first
        }
    }

    private static UpstreamTlsModel OnlyAuto { get; } = new(UpstreamTls.Types.Mode.Auto);

    private static UpstreamTlsModel OnlyDisable { get; } = new(UpstreamTls.Types.Mode.Disable);

    /// <summary>The services of a mesh say no more than whether its own TLS may be used: they share two models.</summary>
    internal static UpstreamTlsModel Compile(UpstreamTls? tls, ResourceCells cells) => tls switch
    {
        null => OnlyAuto,
        { Sni: "", SubjectAltNames.Count: 0, Credential: "", TrustedCaPem: "", InsecureSkipVerify: false, Mode: UpstreamTls.Types.Mode.Auto } => OnlyAuto,
        { Sni: "", SubjectAltNames.Count: 0, Credential: "", TrustedCaPem: "", InsecureSkipVerify: false, Mode: UpstreamTls.Types.Mode.Disable } => OnlyDisable,
        _ => new UpstreamTlsModel(tls, cells),
    };

    public UpstreamTls.Types.Mode Mode { get; }

    /// <summary>Null: the service's own, or the request's host where the service is a wildcard.</summary>
    public string? ServerName { get; }

    /// <summary>The server's certificate must carry one of them; empty: the server name.</summary>
    public ImmutableArray<string> SubjectAltNames { get; }

    public ResourceCell<CredentialModel>? Credential { get; }

    /// <summary>Null: the system's roots.</summary>
    public string? TrustPem { get; }

    public bool SkipVerification { get; }

    /// <summary>Whether an endpoint that declares a peer protocol is spoken to in it.</summary>
    internal bool AllowsPeers => Mode is UpstreamTls.Types.Mode.Auto or UpstreamTls.Types.Mode.MeshMutual;
}

/// <summary>One cluster as it is now: how to speak and to whom. Immutable; swapped whole.</summary>
public sealed class ClusterModel
{
    private readonly ClusterContext _context;

    internal ClusterModel(ClusterConfig config, ImmutableArray<EndpointModel> endpoints, ClusterContext context)
    {
        _context = context;
        Config = config;
        Endpoints = endpoints;
    }

    public ClusterConfig Config { get; }

    /// <summary>All, those that drain or are ejected too; <see cref="ClusterState.TryPick"/> chooses.</summary>
    public ImmutableArray<EndpointModel> Endpoints { get; }

    /// <summary>Where requests are counted that never reached an endpoint.</summary>
    /// <remarks>Made when the first of them is: most clusters never see one, and the number of edges is bounded.</remarks>
    public Edge Unpicked => field ??= _context.Unpicked(Config);
}
