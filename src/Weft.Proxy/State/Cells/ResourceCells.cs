using System.Collections.Concurrent;
using Weft.Policy.Routing;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Proxy.State.Workloads;

namespace Weft.Proxy.State.Cells;

/// <summary>Every cell by type and name. Any thread; a name's cell is made once and stays.</summary>
public sealed class ResourceCells
{
    private readonly ConcurrentDictionary<string, ResourceCell<RouteTable>> _routes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ResourceCell<TcpRouteTable>> _tcpRoutes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ResourceCell<ClusterState>> _clusters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ResourceCell<CredentialModel>> _credentials = new(StringComparer.Ordinal);
    private volatile Action<string, string> _ask = static (_, _) => { };

    private readonly ResourceKind<RouteTable> _routeKind;
    private readonly ResourceKind<TcpRouteTable> _tcpRouteKind;
    private readonly ResourceKind<ClusterState> _clusterKind;
    private readonly ResourceKind<CredentialModel> _credentialKind;

    internal ResourceCells(DiscoveryPatience patience)
    {
        _routeKind = new(Fault.NoRoute, patience, c => Ask(ResourceTypes.RouteSet, c));
        _tcpRouteKind = new(Fault.NoRoute, patience, c => Ask(ResourceTypes.TcpRouteSet, c));
        _clusterKind = new(Fault.UnknownCluster, patience, c => Ask(ResourceTypes.Cluster, c));
        _credentialKind = new(Fault.UnknownFrontend, patience, c => Ask(ResourceTypes.Credential, c));
    }

    public ResourceCell<RouteTable> Routes(string name) =>
        _routes.TryGetValue(name, out ResourceCell<RouteTable>? known) ? known : _routes.GetOrAdd(SharedName(name), static (n, self) => new(n, self._routeKind), this);

    public ResourceCell<TcpRouteTable> TcpRoutes(string name) =>
        _tcpRoutes.GetOrAdd(name, static (n, self) => new(n, self._tcpRouteKind), this);

    public ResourceCell<ClusterState> Cluster(string name) =>
        _clusters.TryGetValue(name, out ResourceCell<ClusterState>? known) ? known : _clusters.GetOrAdd(SharedName(name), static (n, self) => new(n, self._clusterKind), this);

    public ResourceCell<CredentialModel> Credential(string name) =>
        _credentials.GetOrAdd(name, static (n, self) => new(n, self._credentialKind), this);

    internal IEnumerable<ResourceCell<RouteTable>> AllRoutes => _routes.Values;

    internal IEnumerable<ResourceCell<TcpRouteTable>> AllTcpRoutes => _tcpRoutes.Values;

    internal IEnumerable<ResourceCell<ClusterState>> AllClusters => _clusters.Values;

    internal IEnumerable<ResourceCell<CredentialModel>> AllCredentials => _credentials.Values;

    /// <summary>Who subscribes: called from any thread with type and name.</summary>
    internal void SendAsksTo(Action<string, string> ask) => _ask = ask;

    /// <summary>A cluster is mostly named as the routes that lead to it: one text for both.</summary>
    internal string SharedName(string name) =>
        _routes.TryGetValue(name, out ResourceCell<RouteTable>? routes) ? routes.Name
        : _clusters.TryGetValue(name, out ResourceCell<ClusterState>? cluster) ? cluster.Name
        : name;

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
