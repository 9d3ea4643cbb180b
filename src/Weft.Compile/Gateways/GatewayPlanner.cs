using System.Collections.Concurrent;
using Weft.Compile.GatewayApi;
using Weft.Dialects.Fields;
using Weft.Model.V1;

namespace Weft.Compile.Gateways;

/// <summary>
/// What a gateway listens on and where it sends it, from Istio Gateways that select it and Gateway API Gateways it serves.
/// Plain HTTP servers of one port and address are one listener with one RouteSet, whoever wrote them: a Host picks among all of them.
/// Every TLS server is a listener of its own, picked by SNI.
/// </summary>
internal sealed class GatewayPlanner(MeshIndex index, GatewayAttachments attachments)
{
    private readonly ConcurrentDictionary<string, GatewayPlan> _plans = new(StringComparer.Ordinal);
    private readonly IstioServers _istio = new(index);
    private readonly GatewayApiServers _gatewayApi = new(index, attachments);
    private readonly ListenerJudge _judge = new(index);
    private readonly Lazy<BackendProtocols> _protocols = new(() => new BackendProtocols(index, attachments));

    public GatewayPlan For(ClientScope scope) => _plans.GetOrAdd(scope.Key, static (_, a) => a.Self.Plan(a.Scope), (Self: this, Scope: scope));

    /// <summary>The key pair that the Gateways of a gateway workload show to backends: of the oldest that names one. Empty when none does.</summary>
    public string ClientCredential(ClientScope scope) => !scope.IsGateway ? "" : _gatewayApi.GatewaysOf(scope).Select(g => (Gateway: g, Reference: new Field(g.Spec)["tls"]["backend"]["clientCertificateRef"]))
        .Where(g => g.Reference.Exists).Select(g => _judge.Secret(g.Gateway, g.Reference, "") is null
            ? $"{(g.Reference["namespace"].Text is { Length: > 0 } other ? other : g.Gateway.Namespace)}/{g.Reference["name"].Text}" : "").FirstOrDefault() ?? "";

    /// <summary>What a gateway speaks to a cluster whose port declares <paramref name="declared"/>.</summary>
    public AppProtocol BackendProtocol(string cluster, AppProtocol declared) => _protocols.Value.Of(cluster, declared);

    private GatewayPlan Plan(ClientScope scope)
    {
        // Gateway API first: where both dialects have the same host on a port it owns the host (design rule 6).
        List<GatewayServer> servers = [.. _gatewayApi.For(scope), .. _istio.For(scope)];
        List<PlannedListener> listeners = [];
        foreach (IGrouping<(uint Port, string Bind), GatewayServer> port in servers.GroupBy(s => (s.Port, s.Bind)).OrderBy(g => g.Key.Port).ThenBy(g => g.Key.Bind, StringComparer.Ordinal))
        {
            GatewayServer[] plain = [.. port.Where(s => s.Kind == ServerKind.PlainHttp)];
            if (plain.Length > 0)
            {
                listeners.Add(PlainHttp(port.Key.Port, plain));
            }
            listeners.AddRange(port.Where(s => s.Kind == ServerKind.TlsHttp).Select(TlsHttp));
            GatewayServer[] opaque = [.. port.Where(s => s.Kind == ServerKind.Opaque)];
            listeners.AddRange(opaque.Select(Opaque));
        }
        return new GatewayPlan(listeners);
    }

    private static PlannedListener PlainHttp(uint port, GatewayServer[] servers)
    {
        GatewayServer first = servers[0];
        GatewayListener message = new() { Name = first.Name, Port = port, Bind = first.Bind, Protocol = AppProtocol.Http1, RouteSet = $"{first.Owner}:{port}{(first.Bind.Length > 0 ? $":{first.Bind}" : "")}", Origin = first.Origin };
        message.Hosts.Add("*");
        RouteSet set = new() { Name = message.RouteSet };
        set.VirtualHosts.AddRange(VirtualHosts.Merge(servers.SelectMany(s => s.Hosts)));
        return new PlannedListener(message, set, null);
    }

    private static PlannedListener TlsHttp(GatewayServer server)
    {
        GatewayListener message = new()
        {
            Name = server.Name, Port = server.Port, Bind = server.Bind, Protocol = AppProtocol.Https, Tls = server.Tls, Origin = server.Origin,
            RouteSet = $"{server.Owner}:{server.Port}:{server.Name}",
        };
        message.Hosts.AddRange(server.ServerNames);
        RouteSet set = new() { Name = message.RouteSet };
        set.VirtualHosts.AddRange(VirtualHosts.Merge(server.Hosts));
        return new PlannedListener(message, set, null);
    }

    private static PlannedListener Opaque(GatewayServer server)
    {
        GatewayListener message = new()
        {
            Name = server.Name, Port = server.Port, Bind = server.Bind, Protocol = server.Tls is null ? AppProtocol.Tcp : AppProtocol.Tls, Tls = server.Tls, Origin = server.Origin,
            TcpRouteSet = $"{server.Owner}:{server.Port}:{server.Name}{Routing.MeshName.TcpSuffix}",
        };
        message.Hosts.AddRange(server.ServerNames);
        TcpRouteSet set = new() { Name = message.TcpRouteSet };
        set.Routes.AddRange(server.TcpRoutes);
        return new PlannedListener(message, null, set);
    }
}
