using System.Collections.Concurrent;
using Weft.Compile.Analyze;
using Weft.Compile.Clusters;
using Weft.Compile.GatewayApi;
using Weft.Compile.Gateways;
using Weft.Compile.Routing;
using Weft.Compile.Workloads;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile;

/// <summary>
/// One snapshot, compiled. Thread-safe; every message it returns is shared by all who ask, so nobody changes one.
/// A null answer means that no such resource exists for that client: the proxy treats the name as unknown.
/// </summary>
public sealed class CompiledMesh
{
    private readonly MeshIndex _index;
    private readonly FrontendCompiler _frontends;
    private readonly MeshRouteCompiler _routes;
    private readonly ClusterCompiler _clusters;
    private readonly GatewayAttachments _attachments;
    private readonly GatewayPlanner _gateways;
    private readonly WorkloadCompiler _workloads;
    private readonly ScopeKeys _scopes;
    private readonly ConcurrentDictionary<string, Workload> _workloadMemo = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlyList<Frontend>> _frontendMemo = new(StringComparer.Ordinal);
    private readonly ScopedMemo<RouteSet> _routeMemo = new();
    private readonly ScopedMemo<TcpRouteSet> _tcpMemo = new();
    private readonly ScopedMemo<Cluster> _clusterMemo = new();
    private readonly ScopedMemo<EndpointSet> _endpointMemo = new();

    internal CompiledMesh(ResourceSnapshot snapshot, CompileOptions options, IssuerKeys? keys)
    {
        _index = new MeshIndex(snapshot, options, keys);
        RouteOwners owners = new(_index);
        _frontends = new FrontendCompiler(_index, owners);
        _routes = new MeshRouteCompiler(_index, owners, _frontends);
        _attachments = new GatewayAttachments(_index);
        _gateways = new GatewayPlanner(_index, _attachments);
        _clusters = new ClusterCompiler(_index, _gateways);
        _workloads = new WorkloadCompiler(_index, _gateways);
        _scopes = new ScopeKeys(_index);
    }

    public ResourceSnapshot Snapshot => _index.Snapshot;

    public CompileOptions Options => _index.Options;

    /// <summary>Problems of every resource, in no particular order; without file positions.</summary>
    public IReadOnlyList<Problem> Problems => field ??= MeshAnalysis.OfIndex(_index);

    /// <summary>Statuses that differ from what the resources carry now.</summary>
    public IReadOnlyList<ResourceStatus> Statuses => field ??= new StatusCompiler(_index, _attachments).Compile();

    /// <summary>The name table of one client, ordered by name.</summary>
    public IReadOnlyList<Frontend> Frontends(ClientScope scope) => _frontendMemo.GetOrAdd(_scopes.Of(scope), static (_, s) => s.Self._frontends.Compile(s.Scope), (Self: this, Scope: scope));

    public RouteSet? RouteSet(string name, ClientScope scope) =>
        (scope.IsGateway ? _gateways.For(scope).RouteSet(name) : null) ?? _routeMemo.Get(name, _scopes.Of(scope), scope, _routes.Compile);

    public TcpRouteSet? TcpRouteSet(string name, ClientScope scope) =>
        (scope.IsGateway ? _gateways.For(scope).TcpRouteSet(name) : null) ?? _tcpMemo.Get(name, _scopes.Of(scope), scope, _routes.CompileTcp);

    public Cluster? Cluster(string name, ClientScope scope) =>
        _clusterMemo.Get(name, _scopes.Of(scope), scope, _clusters.Compile);

    /// <summary>Named like its cluster; the scope says which DestinationRule defines the subset.</summary>
    public EndpointSet? EndpointSet(string name, ClientScope scope) =>
        _endpointMemo.Get(name, _scopes.Of(scope), scope, _clusters.Endpoints);

    /// <param name="name">"namespace/pod", or of a WorkloadEntry.</param>
    public Workload? Workload(string name) =>
        _workloadMemo.TryGetValue(name, out Workload? known) ? known : _workloads.Compile(name) is { } made ? _workloadMemo.GetOrAdd(name, made) : null;

    /// <summary>What a gateway listens on: also in its Workload, and here for one that has no pod yet.</summary>
    public IReadOnlyList<GatewayListener> GatewayListeners(ClientScope scope) => [.. _gateways.For(scope).Listeners.Select(l => l.Message)];

    /// <summary>Whether a client may send to what nobody registered.</summary>
    public bool AllowsAny(ClientScope scope) => _workloads.AllowsAny(scope);

    /// <summary>The cluster that takes what nobody registered, where a Sidecar names one; empty: it goes to where it was going.</summary>
    public (string Cluster, Origin? Origin) Egress(ClientScope scope) => _workloads.Egress(scope);

    /// <summary>
    /// Whether a client's TLS towards somebody uses a secret: those of its own namespace that its rules name, and what its
    /// Gateways show to backends.
    /// </summary>
    public bool UsesCredential(string name, ClientScope scope) => _gateways.ClientCredential(scope) == name
        || (name.StartsWith(scope.Namespace + "/", StringComparison.Ordinal) && _index.DestinationRules.NamesCredential(name[(scope.Namespace.Length + 1)..], scope));

    /// <param name="name">"namespace/secret". Who may have it is for the caller to check.</param>
    public Credential? Credential(string name) => CredentialReader.Read(Snapshot, name);
}
