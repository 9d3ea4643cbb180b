using System.Collections.Frozen;
using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Authorization;
using Weft.Policy.Limits;
using Weft.Policy.Tokens;
using Weft.Policy.Routing;
using Weft.Proxy.State.Cells;
using Weft.Telemetry.Metrics;

namespace Weft.Proxy.State.Workloads;

/// <summary>What this proxy is and must enforce. Immutable; swapped whole.</summary>
public sealed class WorkloadModel
{
    private readonly FrozenDictionary<int, InboundPortModel> _ports;

    private WorkloadModel(Workload workload, string principal, ResourceCells cells, WorkloadModel? previous, ICollection<PolicyProblem> problems)
    {
        Name = workload.Name;
        Namespace = workload.Namespace;
        ServiceAccount = workload.ServiceAccount;
        string shortName = workload.Name[(workload.Name.IndexOf('/', StringComparison.Ordinal) + 1)..];
        Party labelled = Party.FromLabels(shortName, workload.Namespace, principal, workload.Labels);
        Self = labelled with
        {
            Service = workload.CanonicalService.Length > 0 ? workload.CanonicalService : labelled.Service,
            Revision = workload.CanonicalRevision.Length > 0 ? workload.CanonicalRevision : labelled.Revision,
        };
        Inbound = [.. workload.Inbound.Select(p => new InboundPortModel(p, workload.Namespace))];
        _ports = Inbound.DistinctBy(p => p.Port).ToFrozenDictionary(p => p.Port);
        Authorization = AuthorizationTable.Compile(workload.Name, workload.Authorization, problems);
        RateLimits = RateLimitTable.Compile(workload.Name, workload.RateLimits, previous?.RateLimits, problems);
        AllowsAnyOutbound = workload.Outbound?.AllowAny ?? true;
        TrustDomains = [.. workload.TrustDomains];
        Listeners = [.. workload.GatewayListeners.Select(l => new GatewayListenerModel(l, cells))];
        OtlpEndpoint = workload.Telemetry?.OtlpEndpoint ?? "";
        SamplingPercent = workload.Telemetry?.SamplingPercent ?? 0;
        HasAccessLog = workload.Telemetry?.AccessLog ?? false;
        SpanTags = workload.Telemetry is { } telemetry ? [.. telemetry.Tags.Select(t => KeyValuePair.Create(t.Name, t.Value))] : [];
        JwtIssuers = [.. workload.JwtIssuers];
        Tokens = JwtTable.Compile(workload.Name, workload.JwtIssuers, problems);
        Policies = [.. workload.Authorization.SelectMany(PolicySummary.Of)];
    }

    public string Name { get; }

    public string Namespace { get; }

    public string ServiceAccount { get; }

    /// <summary>This side of every edge.</summary>
    public Party Self { get; }

    public ImmutableArray<InboundPortModel> Inbound { get; }

    public AuthorizationTable Authorization { get; }

    /// <summary>Before the application of a sidecar and the routes of a gateway.</summary>
    public RateLimitTable RateLimits { get; }

    /// <summary>False: names and addresses outside the registry are refused.</summary>
    public bool AllowsAnyOutbound { get; }

    /// <summary>Own first, then aliases.</summary>
    public ImmutableArray<string> TrustDomains { get; }

    /// <summary>Gateways only.</summary>
    public ImmutableArray<GatewayListenerModel> Listeners { get; }

    /// <summary>Empty: no spans.</summary>
    public string OtlpEndpoint { get; }

    public double SamplingPercent { get; }

    public bool HasAccessLog { get; }

    public ImmutableArray<KeyValuePair<string, string>> SpanTags { get; }

    public ImmutableArray<JwtIssuer> JwtIssuers { get; }

    public JwtTable Tokens { get; }

    /// <summary>For people: which policies are in force.</summary>
    public ImmutableArray<PolicySummary> Policies { get; }

    /// <summary>Null: the workload does not declare that port, and inbound reaches declared ports only.</summary>
    public InboundPortModel? FindInbound(int port) => _ports.GetValueOrDefault(port);

    /// <param name="previous">What it takes the place of: counts go on where nothing changed.</param>
    internal static WorkloadModel Compile(Workload workload, string principal, ResourceCells cells, ICollection<PolicyProblem> problems, WorkloadModel? previous = null) =>
        new(workload, principal, cells, previous, problems);
}

/// <summary>One port of the application. Immutable.</summary>
public sealed class InboundPortModel
{
    internal InboundPortModel(InboundPort port, string workloadNamespace)
    {
        Port = (int)port.Port;
        Name = port.Name;
        Protocol = port.Protocol;
        Mtls = port.Mtls;
        MtlsOrigin = new OriginModel(port.MtlsOrigin);
        Service = port.Service;
        ServiceNamespace = workloadNamespace;
    }

    public int Port { get; }

    public string Name { get; }

    public AppProtocol Protocol { get; }

    public InboundPort.Types.Mtls Mtls { get; }

    public OriginModel MtlsOrigin { get; }

    /// <summary>The service that names this port; may be empty.</summary>
    public string Service { get; }

    public string ServiceNamespace { get; }
}

/// <summary>One port of a gateway. Immutable.</summary>
public sealed class GatewayListenerModel
{
    internal GatewayListenerModel(GatewayListener listener, ResourceCells cells)
    {
        Name = listener.Name;
        Bind = listener.Bind;
        Port = (int)listener.Port;
        Protocol = listener.Protocol;
        Hosts = [.. listener.Hosts.Select(h => h.ToLowerInvariant())];
        Credentials = listener.Tls is { } tls ? [.. tls.Credentials.Select(cells.Credential)] : [];
        SubjectAltNames = listener.Tls is { } names ? [.. names.SubjectAltNames] : [];
        Handshake = new ServerHandshake(listener.Tls ?? new ServerTls());
        AcceptsProxyProtocol = listener.ProxyProtocol;
        RedirectsToHttps = listener.Tls?.HttpsRedirect ?? false;
        Routes = listener.RouteSet.Length > 0 ? cells.Routes(listener.RouteSet) : null;
        TcpRoutes = listener.TcpRouteSet.Length > 0 ? cells.TcpRoutes(listener.TcpRouteSet) : null;
        Origin = new OriginModel(listener.Origin);
    }

    public string Name { get; }

    /// <summary>Empty: the gateway's default.</summary>
    public string Bind { get; }

    public int Port { get; }

    public AppProtocol Protocol { get; }

    /// <summary>SNI or Host names, exact, "*.suffix" or "*".</summary>
    public ImmutableArray<string> Hosts { get; }

    public ServerTls.Types.Mode TlsMode => Handshake.Mode;

    public ImmutableArray<ResourceCell<CredentialModel>> Credentials { get; }

    /// <summary>Names of which a client's certificate must carry one; empty: any.</summary>
    public ImmutableArray<string> SubjectAltNames { get; }

    /// <summary>How TLS is spoken there.</summary>
    public ServerHandshake Handshake { get; }

    /// <summary>Every connection begins with a PROXY header.</summary>
    public bool AcceptsProxyProtocol { get; }

    public bool RedirectsToHttps { get; }

    public ResourceCell<RouteTable>? Routes { get; }

    public ResourceCell<TcpRouteTable>? TcpRoutes { get; }

    public OriginModel Origin { get; }
}

/// <summary>What a gateway's listener asks of a handshake, beside its certificates. Immutable; equal when the same is asked.</summary>
public sealed record ServerHandshake
{
    internal ServerHandshake(ServerTls tls)
    {
        Mode = tls.Mode;
        Alpn = string.Join(',', tls.Alpn);
        MinVersion = tls.MinVersion;
        MaxVersion = tls.MaxVersion;
        Suites = string.Join(':', tls.CipherSuites);
        TrustPem = tls.TrustedCaPem.Length > 0 ? tls.TrustedCaPem : null;
        AcceptsUnverified = tls.AcceptUnverified;
    }

    public ServerTls.Types.Mode Mode { get; }

    /// <summary>"h2,http/1.1"; empty: what the listener's protocol speaks.</summary>
    public string Alpn { get; }

    /// <summary>"1.2" or "1.3"; anything else: ours.</summary>
    public string MinVersion { get; }

    public string MaxVersion { get; }

    /// <summary>TLS 1.2, joined by ":"; empty: the default list.</summary>
    public string Suites { get; }

    /// <summary>Whom client certificates must come from; null: the credential's own authority.</summary>
    public string? TrustPem { get; }

    public bool AcceptsUnverified { get; }
}

/// <summary>One authorization policy, for people.</summary>
public sealed record PolicySummary(string Dialect, string Action, string Origin, int Rules, bool IsDryRun, bool IsBroken)
{
    internal static IEnumerable<PolicySummary> Of(AuthorizationRules rules) =>
    [
        .. rules.Deny.Select(p => Of(rules.Dialect, "DENY", p)),
        .. rules.Allow.Select(p => Of(rules.Dialect, "ALLOW", p)),
        .. rules.Audit.Select(p => Of(rules.Dialect, "AUDIT", p)),
    ];

    private static PolicySummary Of(string dialect, string action, AuthorizationPolicy policy) =>
        new(dialect, action, new OriginModel(policy.Origin).ToString(), policy.Rules.Count, policy.DryRun, policy.Broken);
}
