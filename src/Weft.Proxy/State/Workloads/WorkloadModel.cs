using System.Collections.Frozen;
using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Authorization;
using Weft.Policy.Limits;
using Weft.Policy.Tokens;
using Weft.Policy.Routing;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
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
        Inbound = [.. workload.Inbound.Select(p => new InboundPortModel(p, workload.Namespace, cells, previous?.FindInbound((int)p.Port)))];
        _ports = Inbound.DistinctBy(p => p.Port).ToFrozenDictionary(p => p.Port);
        Authorization = AuthorizationTable.Compile(workload.Name, workload.Authorization, problems);
        RateLimits = RateLimitTable.Compile(workload.Name, workload.RateLimits, previous?.RateLimits, problems);
        AllowsAnyOutbound = workload.Outbound?.AllowAny ?? true;
        Egress = workload.Outbound is { EgressCluster.Length: > 0 } outbound ? cells.Cluster(outbound.EgressCluster) : null;
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

    /// <summary>Who takes what nobody registered; null: it goes to where it was going.</summary>
    public ResourceCell<ClusterState>? Egress { get; }

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
