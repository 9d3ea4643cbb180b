using System.Net;
using System.Text;
using Weft.Http;
using Weft.Http.Http1;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Routing;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Outbound;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Proxy.State.Frontends;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Records;
using Weft.Transport;
using Weft.Wire;

namespace Weft.Proxy.Tcp;

/// <summary>Connections that nobody looks into: joined to an upstream, each direction ending on its own. On the loop.</summary>
internal static class TcpForwarder
{
    /// <remarks>(1) which name (2) which cluster (3) which endpoint (4) connect (5) join</remarks>
    internal static async LoopTask RunOutboundAsync(ProxyLoop loop, LoopConnection client, OutboundDestination destination, IPEndPoint? remote)
    {
        var session = new TcpSession(loop, client, remote?.ToString()) { Original = destination.Original };
        session.Sni = await ServerNameAsync(loop, client, destination);                                            // (1)

        // Names that have no address of their own, such as "*.example.com", are known by what the handshake asks for.
        FrontendPortModel? port = destination.Port ?? (session.Sni is { } name && destination.Original is { } dialled ? FindByName(loop, name, dialled.Port) : null);
        if (port is null)
        {
            if (loop.Parts.Mesh.Workload is { AllowsAnyOutbound: true, Egress: { } egress })
            {
                await RunToClusterAsync(session, egress.Name, null, isRaw: false);
                return;
            }

            Fault refused = Passthrough.Check(loop, destination.Original);
            if (refused != Fault.None)
            {
                session.Refuse(Passthrough.EdgeOf(loop, "BlackHoleCluster", destination.Original?.Port ?? 0), refused);
                return;
            }

            await session.JoinAsync(Passthrough.To(loop, destination.Original!), Passthrough.ClusterName); // Check has seen it
            return;
        }

        await RunRoutedAsync(session, port.TcpRoutes, $"{port.Frontend.Name}:{port.Port}", destination.Address);
    }

    /// <summary>A handshake that a gateway's listener passes on unopened.</summary>
    internal static LoopTask RunByNameAsync(TcpSession session, GatewayListenerModel listener, IpValue dialled) =>
        listener.TlsMode is ServerTls.Types.Mode.AutoPassthrough ? RunAutoAsync(session) : RunRoutedAsync(session, listener.TcpRoutes, null, dialled);

    /// <param name="fallbackCluster">Where it goes when there is no table; null: nowhere.</param>
    internal static async LoopTask RunRoutedAsync(TcpSession session, ResourceCell<TcpRouteTable>? cell, string? fallbackCluster, IpValue address)
    {
        ProxyLoop loop = session.Loop;
        string? cluster = fallbackCluster;
        string? route = null;
        if (cell is not null && (await cell.GetAsync(loop.Loop)).TryGet(out TcpRouteTable? table))                 // (2)
        {
            TcpDecision decision = Decide(session, table, address);
            cluster = decision.IsForward ? decision.Destination!.Cluster : null; // IsForward has seen it
            route = decision.Route?.Origin.Display.Text;
        }

        await RunToClusterAsync(session, cluster, route, isRaw: false);
    }

    /// <summary>Istio's AUTO_PASSTHROUGH: the name is "outbound_.PORT_.SUBSET_.HOST", and the handshake goes through to the peer itself.</summary>
    private static LoopTask RunAutoAsync(TcpSession session)
    {
        string? cluster = session.Sni?.Split("_.", 4) is ["outbound", var port, var subset, var host]
            ? subset.Length == 0 ? $"{host}:{port}" : $"{host}:{port}|{subset}"
            : null;
        return RunToClusterAsync(session, cluster, null, isRaw: true);
    }

    /// <param name="isRaw">No TLS of ours around the client's own.</param>
    private static async LoopTask RunToClusterAsync(TcpSession session, string? cluster, string? route, bool isRaw)
    {
        ProxyLoop loop = session.Loop;
        if (cluster is null)
        {
            session.Refuse(Passthrough.EdgeOf(loop, "BlackHoleCluster", 0), Fault.NoRoute);
            return;
        }

        Outcome<ClusterState> found = await loop.Parts.Mesh.Cells.Cluster(cluster).GetAsync(loop.Loop);
        if (!found.TryGet(out ClusterState? state))
        {
            session.Refuse(Passthrough.EdgeOf(loop, cluster, 0), found.Fault);
            return;
        }

        Fault unpicked = Pick(session, state, out UpstreamChoice? choice);                                        // (3)
        if (choice is null)
        {
            session.Refuse(state.Model.Unpicked, unpicked);
            return;
        }

        bool isLimited = state.Load.LimitsConnections;
        if (isLimited && !state.Load.Connections.TryEnter())
        {
            session.Refuse(choice.Edge ?? state.Model.Unpicked, Fault.UpstreamOverflow);
            return;
        }

        await session.JoinAsync(isRaw ? choice with { Key = new ConnectionKey(choice.Key.Target, null, null, null), VerifyName = null } : choice, route); // (4) (5)
        if (isLimited)
        {
            state.Load.Connections.Exit();
        }
    }

    private static Fault Pick(TcpSession session, ClusterState state, out UpstreamChoice? choice)
    {
        Span<byte> name = stackalloc byte[session.Sni?.Length ?? 0];
        Encoding.ASCII.GetBytes(session.Sni, name);
        return EndpointPicker.Pick(session.Loop, state, MeshTls.TcpProtocol, name, session.Original, out choice);
    }

    /// <summary>Null: none is asked for, or it is no TLS. Only where a name is expected does anybody wait for one.</summary>
    private static async LoopTask<string?> ServerNameAsync(ProxyLoop loop, LoopConnection client, OutboundDestination destination)
    {
        PathLimits limits = loop.Parts.Limits;
        bool hasBegun = !client.Input.IsEmpty;
        if (hasBegun ? client.Input[0] != ProtocolSniffer.TlsHandshake : destination.Port is not { Protocol: AppProtocol.Tls } && !await IsRoutedByNameAsync(loop, destination.Port))
        {
            return null;
        }

        // A port that is not declared to carry TLS may belong to a server that speaks first.
        TimeSpan patience = hasBegun || destination.Port is { Protocol: AppProtocol.Tls } ? limits.HandshakeTime : limits.DetectTime;
        client.SetReadDeadline((long)patience.TotalMilliseconds);
        PeekedHello hello = await PeekedHello.ReadAsync(client);
        client.SetReadDeadline(0);
        return hello.ServerName;
    }

    private static async LoopTask<bool> IsRoutedByNameAsync(ProxyLoop loop, FrontendPortModel? port) =>
        port?.TcpRoutes is { } cell && (await cell.GetAsync(loop.Loop)).TryGet(out TcpRouteTable? table) && table.Routes.Any(r => !r.SniHosts.IsEmpty);

    private static FrontendPortModel? FindByName(ProxyLoop loop, string name, int port)
    {
        Span<byte> host = stackalloc byte[name.Length];
        Encoding.ASCII.GetBytes(name, host);
        return loop.Parts.Mesh.Frontends.FindByHost(host, port);
    }

    private static TcpDecision Decide(TcpSession session, TcpRouteTable table, IpValue address)
    {
        Span<byte> name = stackalloc byte[session.Sni?.Length ?? 0];
        Encoding.ASCII.GetBytes(session.Sni, name);
        return table.Decide(name, address, (ulong)session.Loop.Random.NextInt64());
    }
}
