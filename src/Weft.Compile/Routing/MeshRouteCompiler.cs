using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;

namespace Weft.Compile.Routing;

/// <summary>The RouteSet and TcpRouteSet of one frontend port, for one client.</summary>
internal sealed class MeshRouteCompiler(MeshIndex index, RouteOwners owners, FrontendCompiler frontends)
{
    public RouteSet? Compile(string name, ClientScope scope)
    {
        if (!MeshName.TryParse(name, out MeshName parsed) || parsed.Subset.Length > 0)
        {
            return null;
        }
        ServiceConfig? service = index.Registry.Find(parsed.Host, scope.Namespace);
        if (service is not null && (service.Port(parsed.Port) is null || !frontends.Visible(service, parsed.Port, scope)))
        {
            return null;
        }
        IReadOnlyList<Route> routes = Routes(service, parsed, scope);
        if (routes.Count == 0)
        {
            return null;
        }
        RouteSet set = new() { Name = name };
        VirtualHost host = new();
        host.Hosts.Add("*");
        host.Routes.AddRange(routes);
        set.VirtualHosts.Add(host);
        return set;
    }

    public TcpRouteSet? CompileTcp(string name, ClientScope scope)
    {
        if (!name.EndsWith(MeshName.TcpSuffix, StringComparison.Ordinal) || !MeshName.TryParse(name[..^MeshName.TcpSuffix.Length], out MeshName parsed)
            || index.Registry.Find(parsed.Host, scope.Namespace) is not { } service || service.Port(parsed.Port) is null || !frontends.Visible(service, parsed.Port, scope))
        {
            return null;
        }
        TcpRouteSet set = new() { Name = name };
        IstioScope istio = new(scope.Namespace, scope.Labels, [IstioScope.Mesh], parsed.Port);
        TcpRoutes reader = new(index.NamesFor(scope.Namespace));
        if (index.GatewayRoutes.OpaqueForService(service, parsed.Port, scope.Namespace) is { Count: > 0 } opaque)
        {
            // One dialect owns a port (design rule 6): what none of its routes takes is refused.
            set.Routes.AddRange(opaque);
            return set;
        }
        set.Routes.AddRange(index.VirtualServicesFor(service.Host, parsed.Port, scope).Take(1).SelectMany(v => reader.Read(v, istio)));
        if (set.Routes.All(r => r.SniHosts.Count + r.DestinationSubnets.Count > 0))
        {
            // What no rule matches goes where it was going.
            TcpRoute rest = new() { Origin = HttpRoutes.OriginOf(service.Resource, "") };
            rest.Clusters.Add(Itself(service, parsed.Port, scope));
            set.Routes.Add(rest);
        }
        return set;
    }

    private IReadOnlyList<Route> Routes(ServiceConfig? service, MeshName name, ClientScope scope)
    {
        if (service is not null && owners.Of(service, name.Port, scope) == RouteDialect.GatewayApi)
        {
            return index.GatewayRoutes.CompileForService(service, name.Port, scope.Namespace);
        }
        IstioScope istio = new(scope.Namespace, scope.Labels, [IstioScope.Mesh], name.Port);
        HttpRoutes reader = new(index.NamesFor(scope.Namespace), index.VirtualServices.Find);
        IReadOnlyList<Route> routes = index.VirtualServicesFor(name.Host, name.Port, scope).FirstOrDefault() is { } first ? reader.Read(first, istio) : [];
        if (routes.Count == 0 && service is not null)
        {
            Route rest = new() { Origin = HttpRoutes.OriginOf(service.Resource, ""), Forward = new Forward() };
            rest.Forward.Clusters.Add(Itself(service, name.Port, scope));
            routes = [rest];
        }
        ApplyDefaults(routes, scope);
        return routes;
    }

    /// <summary>An ExternalName of another service of the mesh is that service under another name.</summary>
    private WeightedCluster Itself(ServiceConfig service, uint port, ClientScope scope)
    {
        string host = service.ExternalName.Length > 0 && index.Registry.Find(service.ExternalName, scope.Namespace) is { } alias && alias.Port(port) is not null ? alias.Host : service.Host;
        return new WeightedCluster { Cluster = $"{host}:{port}", Weight = 100 };
    }

    /// <summary>Where nobody says anything about retries Weft's own default holds, unless the mesh or the caller's namespace asks for another system's.</summary>
    private void ApplyDefaults(IReadOnlyList<Route> routes, ClientScope scope)
    {
        RetryPolicy? policy = index.Settings.DefaultRetries.Exists ? RetryReader.Read(index.Settings.DefaultRetries)
            : index.DefaultsOf(scope.Namespace) switch
            {
                "istio" => RetryReader.Default(),
                "linkerd" or "consul" => new RetryPolicy(), // both retry only when told to
                _ => null,
            };
        foreach (Forward forward in policy is null ? [] : routes.Select(r => r.Forward).Where(f => f is { Retries: null }))
        {
            forward.Retries = policy;
        }
    }
}
