using System.Collections.Concurrent;
using Weft.Policy.Routing;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Proxy.State.Workloads;

namespace Weft.Proxy.State.Cells;

/// <summary>Every cell by type and name. Any thread; a name's cell is made once and stays.</summary>
public sealed class ResourceCells
{
    private readonly DiscoveryPatience _patience;
    private readonly ConcurrentDictionary<string, ResourceCell<RouteTable>> _routes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ResourceCell<TcpRouteTable>> _tcpRoutes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ResourceCell<ClusterState>> _clusters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ResourceCell<CredentialModel>> _credentials = new(StringComparer.Ordinal);
    private volatile Action<string, string> _ask = static (_, _) => { };

    // One of each for all cells: a mesh has thousands.
    private readonly Action<ResourceCell<RouteTable>> _askRoutes;
    private readonly Action<ResourceCell<TcpRouteTable>> _askTcpRoutes;
    private readonly Action<ResourceCell<ClusterState>> _askCluster;
    private readonly Action<ResourceCell<CredentialModel>> _askCredential;

    internal ResourceCells(DiscoveryPatience patience)
    {
        _patience = patience;
        _askRoutes = c => Ask(ResourceTypes.RouteSet, c);
        _askTcpRoutes = c => Ask(ResourceTypes.TcpRouteSet, c);
        _askCluster = c => Ask(ResourceTypes.Cluster, c);
        _askCredential = c => Ask(ResourceTypes.Credential, c);
    }

    public ResourceCell<RouteTable> Routes(string name) =>
        _routes.GetOrAdd(name, static (n, self) => new(n, Fault.NoRoute, self._patience, self._askRoutes), this);

    public ResourceCell<TcpRouteTable> TcpRoutes(string name) =>
        _tcpRoutes.GetOrAdd(name, static (n, self) => new(n, Fault.NoRoute, self._patience, self._askTcpRoutes), this);

    public ResourceCell<ClusterState> Cluster(string name) =>
        _clusters.GetOrAdd(name, static (n, self) => new(n, Fault.UnknownCluster, self._patience, self._askCluster), this);

    public ResourceCell<CredentialModel> Credential(string name) =>
        _credentials.GetOrAdd(name, static (n, self) => new(n, Fault.UnknownFrontend, self._patience, self._askCredential), this);

    internal IEnumerable<ResourceCell<RouteTable>> AllRoutes => _routes.Values;

    internal IEnumerable<ResourceCell<TcpRouteTable>> AllTcpRoutes => _tcpRoutes.Values;

    internal IEnumerable<ResourceCell<ClusterState>> AllClusters => _clusters.Values;

    internal IEnumerable<ResourceCell<CredentialModel>> AllCredentials => _credentials.Values;

    /// <summary>Who subscribes: called from any thread with type and name.</summary>
    internal void SendAsksTo(Action<string, string> ask) => _ask = ask;

    private void Ask<T>(string type, ResourceCell<T> cell)
        where T : class
    {
        cell.MarkAsked();
        _ask(type, cell.Name);
    }
}

/// <summary>Type names of discovery (proto/weft/discovery/v1/discovery.proto).</summary>
internal static class ResourceTypes
{
    public const string Frontend = "Frontend";
    public const string RouteSet = "RouteSet";
    public const string TcpRouteSet = "TcpRouteSet";
    public const string Cluster = "Cluster";
    public const string EndpointSet = "EndpointSet";
    public const string Workload = "Workload";
    public const string Credential = "Credential";
    public const string Tap = "Tap";

    /// <summary>Workload first: clusters and edges are compiled with it. Then names, then what they lead to.</summary>
    public static readonly string[] InOrder = [Workload, Frontend, RouteSet, TcpRouteSet, Cluster, EndpointSet, Credential, Tap];
}
