using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Dialects.GatewayApi;

/// <summary>TLSRoute and TCPRoute → opaque routes. Both have one rule; a share whose backend is wrong is refused, never given to another.</summary>
/// <param name="resolve">A backendRef of a namespace → its cluster.</param>
public sealed class OpaqueRouteReader(Func<Resource, RouteBackendRef, RouteBackend> resolve)
{
    private const uint RefusedStatus = 503; // opaque connections are closed; the number is for the log

    /// <param name="serverNames">What the listener and the route have in common; empty for TCP.</param>
    public TcpRoute Read(Resource resource, params IEnumerable<string> serverNames)
    {
        TcpRoute route = new() { Origin = HttpRoutes.OriginOf(resource, "rules[0]") };
        route.SniHosts.AddRange(serverNames.Where(n => n != "*"));
        Field[] backends = [.. new Field(resource.Spec)["rules"].Items.SelectMany(r => r["backendRefs"].Items)];
        foreach (Field backend in backends)
        {
            uint weight = backends.Length == 1 && backend["weight"].Number != 0 ? 100 : backend["weight"].Number ?? 1;
            if (weight > 0)
            {
                RouteBackend target = resolve(resource, RouteBackendRef.Of(backend));
                route.Clusters.Add(new WeightedCluster { Cluster = target.Cluster, Weight = weight, InvalidStatus = target.IsUsable ? 0 : RefusedStatus });
            }
        }
        if (route.Clusters.Count == 0)
        {
            route.Clusters.Add(new WeightedCluster { Weight = 100, InvalidStatus = RefusedStatus });
        }
        return route;
    }
}
