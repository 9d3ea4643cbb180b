using Weft.Compile.Gateways;
using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>The listeners of the Gateway API Gateways that one gateway workload serves, their ListenerSets' among them.</summary>
internal sealed class GatewayApiServers(MeshIndex index, GatewayAttachments attachments)
{
    private readonly HttpRouteReader _http = new(Resolver(index).Resolve);
    private readonly OpaqueRouteReader _opaque = new(Resolver(index).Resolve);
    private readonly FrontendValidation _validation = new(index);

    public IEnumerable<GatewayServer> For(ClientScope scope)
    {
        foreach (Resource gateway in GatewaysOf(scope))
        {
            ListenerConfig[] listeners = [.. attachments.Gateways.Verdicts(gateway).Where(v => v.Served && v.Listener.Port > 0).Select(v => v.Listener)];
            foreach (ListenerConfig listener in listeners)
            {
                yield return listener.IsHttp ? Http(listener, listeners) : Opaque(listener);
            }
        }
    }

    /// <summary>Oldest first.</summary>
    public IEnumerable<Resource> GatewaysOf(ClientScope scope) =>
        attachments.Gateways.Gateways.Where(g => Serves(scope, g)).Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge));

    private static BackendResolver Resolver(MeshIndex index) => new(index.Registry, index.Grants, index.Options.ClusterDomain, needsGrant: true) { Policies = index.BackendTls };

    /// <summary>A workload made for one Gateway serves that one; a shared one serves those that have no workload of their own, or all where it is meant to.</summary>
    private bool Serves(ClientScope scope, Resource gateway)
    {
        if (scope.Labels.TryGetValue(GatewayPods.NameLabel, out string? own))
        {
            return own == gateway.Name && scope.Namespace == gateway.Namespace;
        }
        return scope.Labels.GetValueOrDefault(GatewayPods.Label) == GatewayPods.ServesAll || !index.Registry.Workloads.PodsOf(gateway.Namespace).Any(p => p.Labels.TryGetValue(GatewayPods.NameLabel, out string? name) && name == gateway.Name);
    }

    private static GatewayServer Server(ListenerConfig listener, ServerKind kind) =>
        new($"gateway/{listener.Gateway.Namespace}/{listener.Gateway.Name}", listener.FullName, listener.Port, kind)
        {
            Origin = HttpRoutes.OriginOf(listener.Owner, $"listeners[{listener.Index}]"),
            ServerNames = [listener.Pattern],
        };

    private GatewayServer Http(ListenerConfig listener, ListenerConfig[] all) => Server(listener, listener.Terminates ? ServerKind.TlsHttp : ServerKind.PlainHttp) with
    {
        Tls = listener.Terminates ? Tls(listener) : null,
        Hosts = Hosts(listener, listener.Terminates ? [listener] : [.. all.Where(l => l.Port == listener.Port && l.Protocol == listener.Protocol)]),
    };

    private GatewayServer Opaque(ListenerConfig listener) => Server(listener, ServerKind.Opaque) with
    {
        Tls = listener.Terminates ? Tls(listener) : listener.IsPassthrough ? new ServerTls { Mode = ServerTls.Types.Mode.Passthrough } : null,
        TcpRoutes = [.. OpaqueRoutes(listener)],
    };

    /// <summary>By server name, the most specific first, then by age. Without names the oldest route serves and the others wait.</summary>
    private IEnumerable<TcpRoute> OpaqueRoutes(ListenerConfig listener)
    {
        (Resource Route, IReadOnlyList<string> Hosts)[] attached = [.. attachments.At(listener).OrderBy(a => a.Route, Comparer<Resource>.Create(VirtualServiceConfig.ByAge))];
        return attached.Where(a => a.Route.Kind == GatewayKinds.TlsRoute)
            .SelectMany(a => a.Hosts.Select(h => (a.Route, Host: h)))
            .OrderBy(a => a.Host, Comparer<string>.Create(HostNames.CompareSpecificity))
            .Select(a => _opaque.Read(a.Route, a.Host))
            .Concat(attached.Where(a => a.Route.Kind == GatewayKinds.TcpRoute).Take(1).Select(a => _opaque.Read(a.Route)));
    }

    /// <summary>
    /// A host belongs to the most specific listener of its port: a route of a wider listener is not served for it, and a
    /// listener without routes answers 404 for its own name. Within a listener the routes of wider names stand behind a host's own:
    /// the narrower name comes first, it does not hide the others.
    /// </summary>
    private List<HostRoutes> Hosts(ListenerConfig listener, ListenerConfig[] rivals)
    {
        Dictionary<string, List<RankedRoute>> byHost = new(StringComparer.Ordinal) { [listener.Pattern] = [] };
        foreach ((Resource route, IReadOnlyList<string> hosts) in attachments.At(listener))
        {
            RankedRoute[] read = [.. _http.Read(route)];
            foreach (string host in hosts)
            {
                (byHost.TryGetValue(host, out List<RankedRoute>? routes) ? routes : byHost[host] = []).AddRange(read.Select(r => r with { Host = host }));
            }
        }
        string[] wide = [.. byHost.Keys.Where(HostNames.IsWildcard)];
        return [.. byHost.Keys.Where(h => OwnedBy(listener, h, rivals)).Select(h => new HostRoutes(h, GatewayKinds.Group,
            [.. wide.Where(w => w != h && HostNames.Covers(w, h)).Prepend(h).SelectMany(n => byHost[n]).Order(RankedRoute.Precedence).Select(r => r.Route)]))];
    }

    private static bool OwnedBy(ListenerConfig listener, string host, ListenerConfig[] rivals) => !rivals.Any(r =>
        !r.Is(listener) && r.Pattern != listener.Pattern && HostNames.Covers(listener.Pattern, r.Pattern) && HostNames.Covers(r.Pattern, host));

    private ServerTls Tls(ListenerConfig listener)
    {
        FrontendTrust trust = _validation.For(listener);
        ServerTls tls = new()
        {
            Mode = !trust.IsRequired ? ServerTls.Types.Mode.Simple : trust.AllowsInsecure ? ServerTls.Types.Mode.OptionalMutual : ServerTls.Types.Mode.Mutual,
            TrustedCaPem = trust.Pem,
            AcceptUnverified = trust.AllowsInsecure,
        };
        foreach (Field reference in listener.Source["tls"]["certificateRefs"].Items)
        {
            string ns = reference["namespace"].Text is { Length: > 0 } other ? other : listener.Owner.Namespace;
            if ((!reference["kind"].Exists || reference["kind"].Text == "Secret") && index.Grants.Allows(listener.Owner, "", "Secret", ns, reference["name"].Text))
            {
                tls.Credentials.Add($"{ns}/{reference["name"].Text}");
            }
        }
        return tls;
    }
}
