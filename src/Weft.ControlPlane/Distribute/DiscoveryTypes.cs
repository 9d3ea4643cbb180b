using System.Collections.Frozen;

namespace Weft.ControlPlane.Distribute;

/// <summary>The resource types of discovery (proto/weft/discovery/v1).</summary>
internal static class DiscoveryTypes
{
    public const string Frontend = "Frontend";
    public const string RouteSet = "RouteSet";
    public const string TcpRouteSet = "TcpRouteSet";
    public const string Cluster = "Cluster";
    public const string EndpointSet = "EndpointSet";
    public const string Workload = "Workload";
    public const string Credential = "Credential";
    public const string Tap = "Tap";

    /// <summary>The name that subscribes to everything a subscriber may see.</summary>
    public const string Wildcard = "*";

    public static readonly FrozenSet<string> Known =
        new[] { Frontend, RouteSet, TcpRouteSet, Cluster, EndpointSet, Workload, Credential, Tap }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Types that may be asked for whole; the others are asked for by name, or cost would grow with the mesh.</summary>
    public static bool AllowsWildcard(string type) => type is Frontend or Tap;
}
