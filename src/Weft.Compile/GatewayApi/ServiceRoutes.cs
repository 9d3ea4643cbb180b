using System.Collections.Concurrent;
using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>
/// Routes whose parent is a Service (GAMMA). Those of the service's namespace hold for all callers; those of another
/// namespace hold for callers of that namespace only, and there instead of the others. Of several kinds on one port one
/// holds: GRPCRoute before HTTPRoute before TLSRoute before TCPRoute.
/// </summary>
internal sealed class ServiceRoutes
{
    private readonly Dictionary<(string Kind, string Namespace, string Name), List<(Resource Route, Field Parent)>> _byParent = [];
    private readonly ConcurrentDictionary<Resource, IReadOnlyList<RankedRoute>> _read = new();
    private readonly HttpRouteReader _reader;
    private readonly OpaqueRouteReader _opaque;

    public ServiceRoutes(ResourceSnapshot snapshot, BackendResolver resolver)
    {
        _reader = new HttpRouteReader(resolver.Resolve);
        _opaque = new OpaqueRouteReader(resolver.Resolve);
        IEnumerable<Resource> routes = GatewayKinds.Routes.SelectMany(k => snapshot.OfKind(GatewayKinds.Group, k));
        foreach (Resource route in routes.Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge)))
        {
            foreach (Field parent in new Field(route.Spec)["parentRefs"].Items.Where(IsMeshParent))
            {
                string ns = parent["namespace"].Text is { Length: > 0 } other ? other : route.Namespace;
                (string, string, string) key = (parent["kind"].Text, ns, parent["name"].Text);
                if (!_byParent.TryGetValue(key, out List<(Resource, Field)>? same))
                {
                    _byParent[key] = same = [];
                }
                same.Add((route, parent));
            }
        }
    }

    public static bool IsMeshParent(Field parent) =>
        (parent["kind"].Text == "Service" && parent["group"].Exists && parent["group"].Text is "" or "core")
        || (parent["kind"].Text == "ServiceEntry" && parent["group"].Text == IstioKinds.Networking);

    /// <summary>Whether a parentRef means that port of its service: by number, by the port's name (sectionName), by both, or all of them.</summary>
    public static bool Means(Field parent, uint port, string portName) =>
        (!parent["port"].Exists || parent["port"].Number == port) && (!parent["sectionName"].Exists || parent["sectionName"].Text == portName);

    /// <summary>Those that hold for a caller, of one kind and one group; empty when they are not about HTTP.</summary>
    public IReadOnlyList<Resource> ForService(ServiceConfig service, uint port, string callerNamespace) =>
        Held(service, port, callerNamespace) is [{ Kind: GatewayKinds.HttpRoute or GatewayKinds.GrpcRoute }, ..] held ? held : [];

    /// <summary>The routes of opaque connections to a service, by server name, the most specific first, then the oldest; empty when there is none, or one about HTTP.</summary>
    public IReadOnlyList<TcpRoute> OpaqueForService(ServiceConfig service, uint port, string callerNamespace) =>
        Held(service, port, callerNamespace) is [{ Kind: GatewayKinds.TlsRoute or GatewayKinds.TcpRoute }, ..] held
            ? [.. held.SelectMany(r => new Field(r.Spec)["hostnames"].Texts.Select(h => h.ToLowerInvariant()).DefaultIfEmpty("*").Select(h => (Route: r, Host: h)))
                .OrderBy(r => r.Host, Comparer<string>.Create(HostNames.CompareSpecificity)).Select(r => _opaque.Read(r.Route, r.Host))] : [];

    /// <summary>A route of the same namespace on the same service and one of those ports whose kind comes before this one's.</summary>
    public Resource? Rival(Resource route, Resource service, IReadOnlyList<(uint Number, string Name)> ports) =>
        _byParent.TryGetValue((service.Kind, service.Namespace, service.Name), out List<(Resource Route, Field Parent)>? all)
            ? all.FirstOrDefault(a => Rank(a.Route) < Rank(route) && a.Route.Namespace == route.Namespace && ports.Any(p => Means(a.Parent, p.Number, p.Name))).Route : null;

    private Resource[] Held(ServiceConfig service, uint port, string callerNamespace)
    {
        if (!_byParent.TryGetValue((service.Resource.Kind, service.Namespace, service.Resource.Name), out List<(Resource Route, Field Parent)>? all))
        {
            return [];
        }
        Resource[] here = [.. all.Where(a => Means(a.Parent, port, service.Port(port)?.Name ?? "")).Select(a => a.Route).Distinct()];
        Resource[] consumer = [.. here.Where(r => r.Namespace == callerNamespace && r.Namespace != service.Namespace)];
        Resource[] group = consumer.Length > 0 ? consumer : [.. here.Where(r => r.Namespace == service.Namespace)];
        return group.Length == 0 ? [] : [.. group.Where(r => r.Kind == group.MinBy(Rank)!.Kind)];
    }

    private static int Rank(Resource route) => GatewayKinds.Precedence(route.Kind);

    public IReadOnlyList<Route> CompileForService(ServiceConfig service, uint port, string callerNamespace) =>
        [.. ForService(service, port, callerNamespace).SelectMany(Read).Order(RankedRoute.Precedence).Select(r => r.Route)];

    private IReadOnlyList<RankedRoute> Read(Resource route) => _read.GetOrAdd(route, r => [.. _reader.Read(r)]);
}
