using Weft.Dialects.Fields;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Dialects.Istio;

/// <summary>The tls and tcp rules of one VirtualService, for one caller and port → opaque routes in order; tls rules come first.</summary>
public sealed class TcpRoutes(IstioNames names)
{
    public IReadOnlyList<TcpRoute> Read(VirtualServiceConfig service, IstioScope scope)
    {
        List<TcpRoute> routes = [];
        Add(routes, service, scope, "tls");
        Add(routes, service, scope, "tcp");
        return routes;
    }

    private void Add(List<TcpRoute> routes, VirtualServiceConfig service, IstioScope scope, string list)
    {
        Resource owner = service.Resource;
        int index = 0;
        foreach (Field rule in service.Spec[list].Items)
        {
            Origin origin = HttpRoutes.OriginOf(owner, $"{list}[{index++}]");
            if (rule["match"].Count == 0)
            {
                routes.Add(Route(rule, default, origin, owner.Namespace, scope.Port));
                continue;
            }
            routes.AddRange(rule["match"].Items.Where(m => HttpMatches.AppliesTo(m, scope, owner.Namespace))
                .Select(m => Route(rule, m, origin, owner.Namespace, scope.Port)));
        }
    }

    private TcpRoute Route(Field rule, Field match, Origin origin, string ns, uint port)
    {
        TcpRoute route = new() { Origin = origin };
        route.SniHosts.AddRange(match["sniHosts"].Texts.Select(h => h.ToLowerInvariant()));
        route.DestinationSubnets.AddRange(match["destinationSubnets"].Texts);
        foreach (Field destination in rule["route"].Items)
        {
            Field target = destination["destination"];
            uint weight = rule["route"].Count == 1 ? 100 : destination["weight"].Number ?? 0;
            if (weight > 0)
            {
                string cluster = names.Cluster(target["host"].Text, ns, target["port"]["number"].Number, target["subset"].Text, port);
                route.Clusters.Add(new WeightedCluster { Cluster = cluster, Weight = weight });
            }
        }
        return route;
    }
}
