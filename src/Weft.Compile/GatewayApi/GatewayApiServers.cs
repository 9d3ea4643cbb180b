using Weft.Compile.Gateways;
using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>The listeners of the Gateway API Gateways that one gateway workload serves.</summary>
internal sealed class GatewayApiServers(MeshIndex index, GatewayAttachments attachments)
{
    private readonly HttpRouteReader _reader = new(new BackendResolver(index.Registry, index.Grants, index.Options.ClusterDomain, needsGrant: true).Resolve);

    public IEnumerable<GatewayServer> For(ClientScope scope)
    {
        foreach (Resource gateway in attachments.Gateways.Where(g => Serves(scope, g)).Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge)))
        {
            ListenerConfig[] listeners = [.. GatewayAttachments.Listeners(gateway).Where(l => l.IsHttp && l.Port > 0)];
            foreach (ListenerConfig listener in listeners)
            {
                yield return Server(gateway, listener, listeners);
            }
        }
    }

    /// <summary>A workload made for one Gateway serves that one; a shared one serves those that have no workload of their own.</summary>
    private bool Serves(ClientScope scope, Resource gateway)
    {
        if (scope.Labels.TryGetValue(GatewayPods.NameLabel, out string? own))
        {
            return own == gateway.Name && scope.Namespace == gateway.Namespace;
        }
        return !index.Registry.Workloads.PodsOf(gateway.Namespace).Any(p => p.Labels.TryGetValue(GatewayPods.NameLabel, out string? name) && name == gateway.Name);
    }

    private GatewayServer Server(Resource gateway, ListenerConfig listener, ListenerConfig[] all)
    {
        bool tls = listener.Protocol == "HTTPS";
        return new GatewayServer($"gateway/{gateway.Namespace}/{gateway.Name}", listener.Name, listener.Port, tls ? ServerKind.TlsHttp : ServerKind.PlainHttp)
        {
            Origin = HttpRoutes.OriginOf(gateway, $"listeners[{listener.Index}]"),
            Tls = tls ? Tls(gateway, listener) : null,
            ServerNames = [listener.Hostname.Length > 0 ? listener.Hostname : "*"],
            Hosts = Hosts(listener, tls ? [listener] : [.. all.Where(l => l.Port == listener.Port && l.Protocol == listener.Protocol)]),
        };
    }

    /// <summary>
    /// A host belongs to the most specific listener of its port: a route of a wider listener is not served for it, and a
    /// listener without routes answers 404 for its own name.
    /// </summary>
    private List<HostRoutes> Hosts(ListenerConfig listener, ListenerConfig[] rivals)
    {
        Dictionary<string, List<RankedRoute>> byHost = new(StringComparer.Ordinal);
        byHost[listener.Hostname.Length > 0 ? listener.Hostname : "*"] = [];
        foreach (Attachment attachment in attachments.All.Where(a => a.Gateway == listener.Gateway))
        {
            foreach ((ListenerConfig at, IReadOnlyList<string> hosts) in attachment.Listeners)
            {
                foreach (string host in at.Index == listener.Index ? hosts : [])
                {
                    if (!byHost.TryGetValue(host, out List<RankedRoute>? routes))
                    {
                        byHost[host] = routes = [];
                    }
                    routes.AddRange(_reader.Read(attachment.Route));
                }
            }
        }
        return [.. byHost.Where(h => OwnedBy(listener, h.Key, rivals))
            .Select(h => new HostRoutes(h.Key, GatewayKinds.Group, [.. h.Value.Order(RankedRoute.Precedence).Select(r => r.Route)]))];
    }

    private static bool OwnedBy(ListenerConfig listener, string host, ListenerConfig[] rivals) => !rivals.Any(r =>
        r.Index != listener.Index && Pattern(r) != Pattern(listener) && HostNames.Covers(Pattern(listener), Pattern(r)) && HostNames.Covers(Pattern(r), host));

    private static string Pattern(ListenerConfig listener) => listener.Hostname.Length > 0 ? listener.Hostname : "*";

    private ServerTls Tls(Resource gateway, ListenerConfig listener)
    {
        ServerTls tls = new() { Mode = ServerTls.Types.Mode.Simple };
        foreach (Field reference in listener.Source["tls"]["certificateRefs"].Items)
        {
            string ns = reference["namespace"].Text is { Length: > 0 } other ? other : gateway.Namespace;
            if ((!reference["kind"].Exists || reference["kind"].Text == "Secret") && index.Grants.Allows(gateway, "", "Secret", ns, reference["name"].Text))
            {
                tls.Credentials.Add($"{ns}/{reference["name"].Text}");
            }
        }
        return tls;
    }
}
