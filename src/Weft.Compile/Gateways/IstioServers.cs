using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile.Gateways;

/// <summary>The servers of all Istio Gateways that select a workload, oldest Gateway first. Selectors reach over namespaces.</summary>
internal sealed class IstioServers(MeshIndex index)
{
    private readonly Resource[] _gateways =
        [.. index.Snapshot.OfKind(IstioKinds.Networking, "Gateway").Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge))];

    public IEnumerable<GatewayServer> For(ClientScope scope)
    {
        foreach (Resource gateway in _gateways.Where(g => new Field(g.Spec)["selector"].Map.Selects(scope.Labels)))
        {
            int at = 0;
            foreach (Field server in new Field(gateway.Spec)["servers"].Items)
            {
                if (Server(gateway, server, at++, scope) is { } read)
                {
                    yield return read;
                }
            }
        }
    }

    private GatewayServer? Server(Resource gateway, Field server, int at, ClientScope scope)
    {
        uint port = server["port"]["number"].Number ?? 0;
        if (port == 0)
        {
            return null;
        }
        string protocol = server["port"]["protocol"].Text.ToUpperInvariant();
        Field tls = server["tls"];
        ServerTls? terminated = tls["mode"].Exists || tls["credentialName"].Exists || tls["credentialNames"].Exists ? ServerTlsReader.Read(tls, scope.Namespace) : null;
        bool passthrough = terminated?.Mode is ServerTls.Types.Mode.Passthrough or ServerTls.Types.Mode.AutoPassthrough;
        ServerKind kind = protocol switch
        {
            "HTTPS" when !passthrough => ServerKind.TlsHttp,
            "HTTP" or "HTTP2" or "GRPC" or "GRPC-WEB" => ServerKind.PlainHttp,
            _ => ServerKind.Opaque,
        };
        string[] hosts = [.. server["hosts"].Texts.Select(h => h.ToLowerInvariant())];
        GatewayServer read = new($"gateway/{gateway.Namespace}/{gateway.Name}", server["name"].Text is { Length: > 0 } name ? name : $"{at}", port, kind)
        {
            Bind = server["bind"].Text,
            Tls = kind == ServerKind.PlainHttp ? null : terminated,
            Origin = HttpRoutes.OriginOf(gateway, $"servers[{at}]"),
            ServerNames = [.. hosts.Select(h => h[(h.IndexOf('/') + 1)..]).Distinct()],
        };
        string full = $"{gateway.Namespace}/{gateway.Name}";
        return kind == ServerKind.Opaque
            ? read with { TcpRoutes = Opaque(full, gateway, hosts, port, scope) }
            : read with { Hosts = Http(full, gateway, hosts, port, scope, tls["httpsRedirect"].IsTrue) };
    }

    /// <summary>Each VirtualService bound to the gateway, for each of its hosts that the server has; hosts without routes answer 404.</summary>
    private List<HostRoutes> Http(string full, Resource gateway, string[] serverHosts, uint port, ClientScope scope, bool redirect)
    {
        List<HostRoutes> routes = [];
        foreach (VirtualServiceConfig service in Bound(full, gateway))
        {
            HttpRoutes reader = new(index.NamesFor(service.Resource.Namespace), index.VirtualServices.Find);
            IReadOnlyList<Route> read = reader.Read(service, new IstioScope(scope.Namespace, scope.Labels, [full], port));
            foreach (string host in service.Hosts.SelectMany(h => Intersections(h, service, gateway, serverHosts)).Distinct())
            {
                routes.Add(new HostRoutes(host, IstioKinds.Networking, read, redirect));
            }
        }
        if (redirect)
        {
            routes.AddRange(serverHosts.Select(h => new HostRoutes(h[(h.IndexOf('/') + 1)..], IstioKinds.Networking, [], true)));
        }
        return routes;
    }

    private List<TcpRoute> Opaque(string full, Resource gateway, string[] serverHosts, uint port, ClientScope scope)
    {
        List<TcpRoute> routes = [];
        foreach (VirtualServiceConfig service in Bound(full, gateway).Where(s => s.Hosts.Any(h => Intersections(h, s, gateway, serverHosts).Any())))
        {
            routes.AddRange(new TcpRoutes(index.NamesFor(service.Resource.Namespace)).Read(service, new IstioScope(scope.Namespace, scope.Labels, [full], port)));
        }
        return routes;
    }

    private IEnumerable<VirtualServiceConfig> Bound(string full, Resource gateway) =>
        index.VirtualServices.All.Where(s => s.Gateways.Contains(full) && s.Visibility.Includes(gateway.Namespace));

    /// <summary>A server's host may name the namespace whose VirtualServices it takes: "ns/host", "./host", "*/host".</summary>
    private static IEnumerable<string> Intersections(string host, VirtualServiceConfig service, Resource gateway, string[] serverHosts)
    {
        foreach (string written in serverHosts)
        {
            int slash = written.IndexOf('/');
            string ns = slash < 0 ? "*" : written[..slash];
            bool allowed = ns == "*" || ns == service.Resource.Namespace || (ns == "." && gateway.Namespace == service.Resource.Namespace);
            if (allowed && HostNames.Intersect(host, written[(slash + 1)..]) is { } both)
            {
                yield return both;
            }
        }
    }
}
