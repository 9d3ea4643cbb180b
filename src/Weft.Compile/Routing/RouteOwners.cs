using Weft.Dialects.Registry;

namespace Weft.Compile.Routing;

internal enum RouteDialect
{
    None,
    Istio,
    GatewayApi,
}

/// <summary>
/// Design rule 6: one dialect owns the routing of a (frontend, port). The order is fixed: Gateway API, then Istio; the
/// portable standard first. Rules of the others for that port are not mixed in but reported.
/// </summary>
internal sealed class RouteOwners(MeshIndex index)
{
    public RouteDialect Of(ServiceConfig service, uint port, ClientScope scope)
    {
        if (index.GatewayRoutes.ForService(service, port, scope.Namespace).Any())
        {
            return RouteDialect.GatewayApi;
        }
        return index.VirtualServicesFor(service.Host, port, scope).Any() ? RouteDialect.Istio : RouteDialect.None;
    }
}
