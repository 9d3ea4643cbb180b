using System.Net;
using Weft.Http;
using Weft.Model.V1;
using Weft.Policy.Routing;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Outbound;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Proxy.State.Frontends;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Records;
using Weft.Transport;

namespace Weft.Proxy.Tcp;

/// <summary>Connections that nobody looks into: joined to an upstream, each direction ending on its own. On the loop.</summary>
internal static class TcpForwarder
{
    /// <remarks>(1) which cluster (2) which endpoint (3) connect (4) join</remarks>
    internal static async LoopTask RunOutboundAsync(ProxyLoop loop, LoopConnection client, OutboundDestination destination, IPEndPoint? remote)
    {
        var session = new TcpSession(loop, client, remote?.ToString()) { Original = destination.Original };
        if (destination.Port is not { } port)
        {
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

    /// <param name="fallbackCluster">Where it goes when there is no table; null: nowhere.</param>
    internal static async LoopTask RunRoutedAsync(TcpSession session, ResourceCell<TcpRouteTable>? cell, string? fallbackCluster, Policy.IpValue address)
    {
        ProxyLoop loop = session.Loop;
        string? cluster = fallbackCluster;
        string? route = null;
        if (cell is not null && (await cell.GetAsync(loop.Loop)).TryGet(out TcpRouteTable? table))                 // (1)
        {
            TcpDecision decision = table.Decide(default, address, (ulong)loop.Random.NextInt64());
            cluster = decision.IsForward ? decision.Destination!.Cluster.Text : null; // IsForward has seen it
            route = decision.Route?.Origin.Display.Text;
        }

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

        Fault unpicked = EndpointPicker.Pick(loop, state, MeshTls.TcpProtocol, session.Original, out UpstreamChoice choice);   // (2)
        if (unpicked != Fault.None)
        {
            session.Refuse(state.Model.Unpicked, unpicked);
            return;
        }

        await session.JoinAsync(choice, route);                                                                    // (3) (4)
    }
}

/// <summary>One opaque connection and its record.</summary>
internal sealed class TcpSession(ProxyLoop loop, LoopConnection client, string? clientText)
{
    private readonly long _startTicks = loop.Loop.NowTicks;
    private readonly long _startMicros = loop.NowUnixMicros;

    internal ProxyLoop Loop { get; } = loop;

    internal string? Sni { get; init; }

    /// <summary>Where the client dialled before it was redirected to us.</summary>
    internal IPEndPoint? Original { get; init; }

    internal void Refuse(Edge edge, Fault fault, string? detail = null)
    {
        Loop.Telemetry.ConnectionOpened(edge);
        client.Abort();
        Record(edge, fault, null, null, detail, null);
    }

    internal async LoopTask JoinAsync(UpstreamChoice choice, string? route)
    {
        Edge edge = choice.Edge!; // every choice for a connection has one
        Loop.Telemetry.ConnectionOpened(edge);
        Outcome<LoopConnection> opened = await UpstreamDialer.ConnectAsync(Loop, choice);
        if (!opened.TryGet(out LoopConnection? upstream))
        {
            client.Abort();
            Record(edge, opened.Fault, route, choice.Text, null, null);
            return;
        }

        long stall = (long)Loop.Parts.Limits.BodyStall.TotalMilliseconds;
        client.SetWriteStall(stall);
        upstream.SetWriteStall(stall);
        Fault fault = await StreamRelay.JoinAsync(client, upstream, (long)Loop.Parts.Limits.StreamIdle.TotalMilliseconds);
        Record(edge, fault, route, choice.Text, null, upstream);
    }

    private void Record(Edge edge, Fault fault, string? route, string? upstreamText, string? detail, LoopConnection? upstream)
    {
        long sent = upstream?.BytesSent ?? 0;
        long received = upstream?.BytesReceived ?? 0;
        Loop.Telemetry.ConnectionEnded(new ConnectionRecord
        {
            Edge = edge,
            Fault = fault,
            StartUnixMicros = _startMicros,
            DurationMs = (Loop.Loop.NowTicks - _startTicks) * 1_000.0 / System.Diagnostics.Stopwatch.Frequency,
            SentDelta = sent,
            ReceivedDelta = received,
            Sent = sent,
            Received = received,
            Route = route,
            UpstreamAddress = upstreamText,
            ClientAddress = clientText,
            Detail = detail,
            Sni = Sni,
        });
    }
}
