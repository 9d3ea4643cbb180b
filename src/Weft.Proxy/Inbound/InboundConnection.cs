using System.Net;
using System.Text;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Authorization;
using Weft.Policy.Limits;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Gateway;
using Weft.Proxy.State.Workloads;
using Weft.Proxy.Tcp;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using Weft.Wire;

namespace Weft.Proxy.Inbound;

/// <summary>A connection to the application beside us. On the loop.</summary>
internal static class InboundConnection
{
    /// <remarks>(1) who are we (2) TLS or plain (3) who calls (4) which port (5) what does it speak</remarks>
    internal static async LoopTask RunAsync(ProxyLoop loop, LoopConnection connection, int? listenerPort)
    {
        IPEndPoint? remote = connection.RemoteAddress;
        if (loop.Parts.Mesh.Workload is not { } workload)                                              // (1)
        {
            connection.Abort(); // nothing is served before we know what to enforce
            return;
        }

        SniffedProtocol first = await SniffAsync(loop, connection);                                    // (2)
        var session = new TcpSession(loop, connection, remote?.ToString());
        Edge unknown = UnknownEdge(loop, workload);
        if (workload.FindInbound(DialledPort(connection, listenerPort)) is { Terminated: { } listener } outside)
        {
            await RunOutsideAsync(session, connection, outside, listener);                             // no peer: those dial our own port
            return;
        }

        if (first is SniffedProtocol.Tls && await OwnTlsPortAsync(loop, connection, workload, listenerPort) is { } own)
        {
            await RunOpaqueAsync(session, workload, own, Describe(loop, connection, remote, own.Port));
            return;
        }

        if (first is SniffedProtocol.Tls)
        {
            if (!await SecureAsync(loop, connection))                                                  // (3)
            {
                session.Refuse(unknown, Fault.ClientHandshakeFailed, connection.TlsError);
                return;
            }
        }

        if (connection.Tls is { Alpn: MeshTls.HttpProtocol })
        {
            var peer = new PeerHttp(loop, unknown, port => Describe(loop, connection, remote, port));
            await HttpSession.RunAsync(loop, connection, Describe(loop, connection, remote, 0), peer);  // (4) (5) on each stream
            return;
        }

        int portNumber = TargetPort(connection, listenerPort);                                         // (4)
        if (workload.FindInbound(portNumber) is not { } port)
        {
            session.Refuse(unknown, Fault.ForbiddenDestination, "The workload does not declare that port.");
            return;
        }

        if (connection.Tls is null && port.Mtls is InboundPort.Types.Mtls.Strict)
        {
            session.Refuse(unknown, Fault.PlaintextRefused, port.MtlsOrigin.Resource);
            return;
        }

        ConnectionInfo info = Describe(loop, connection, remote, port.Port);
        if (IsHttp(connection, port, first))                                                           // (5)
        {
            await HttpSession.RunAsync(loop, connection, info, new InboundHttp(loop, port, info));
            return;
        }

        await RunOpaqueAsync(session, workload, port, info);
    }

    private static async LoopTask<SniffedProtocol> SniffAsync(ProxyLoop loop, LoopConnection connection)
    {
        connection.SetReadDeadline((long)loop.Parts.Limits.HandshakeTime.TotalMilliseconds);
        SniffedProtocol first = SniffedProtocol.NeedMore;
        while (first is SniffedProtocol.NeedMore && await connection.ReadAsync() == IoStatus.Ok)
        {
            first = ProtocolSniffer.Sniff(connection.Input);
        }

        connection.SetReadDeadline(0);
        return first;
    }

    /// <summary>The port whose application makes this handshake itself: the caller is no peer, and the port takes others than peers. Null: it is ours.</summary>
    private static async LoopTask<InboundPortModel?> OwnTlsPortAsync(ProxyLoop loop, LoopConnection connection, WorkloadModel workload, int? listenerPort)
    {
        int number = listenerPort ?? connection.OriginalDestination(ipv6: false)?.Port ?? 0;
        if (workload.FindInbound(number) is not { Mtls: not InboundPort.Types.Mtls.Strict } port)
        {
            return null;
        }

        connection.SetReadDeadline((long)loop.Parts.Limits.HandshakeTime.TotalMilliseconds);
        PeekedHello hello = await PeekedHello.ReadAsync(connection);
        connection.SetReadDeadline(0);
        return hello is { IsTls: true, IsPeer: false } ? port : null;
    }

    private static async LoopTask<bool> SecureAsync(ProxyLoop loop, LoopConnection connection)
    {
        if (loop.Parts.Tls.Current is not { } own)
        {
            return false;
        }

        connection.SetReadDeadline((long)loop.Parts.Limits.HandshakeTime.TotalMilliseconds);
        IoStatus status = await connection.SecureAsServer(own.Server);
        connection.SetReadDeadline(0);

        // A certificate without a SPIFFE ID chains to our root by somebody's mistake; it names nobody that policy knows.
        return status == IoStatus.Ok && connection.Tls?.Identity is not null;
    }

    /// <summary>A port that ends TLS of its own for callers from outside the mesh. Whatever their certificates say, they are no identities of the mesh.</summary>
    private static async LoopTask RunOutsideAsync(TcpSession session, LoopConnection connection, InboundPortModel port, GatewayListenerModel listener)
    {
        ProxyLoop loop = session.Loop;
        connection.SetReadDeadline((long)loop.Parts.Limits.HandshakeTime.TotalMilliseconds);
        PeekedHello hello = await PeekedHello.ReadAsync(connection);
        session.Sni = hello.ServerName;
        string? failure = hello.IsTls ? await GatewayTls.SecureAsync(loop, connection, listener, hello.ServerName) : "The connection does not begin with a ClientHello.";
        connection.SetReadDeadline(0);
        if (failure is not null)
        {
            session.Refuse(loop.Parts.Mesh.InboundEdges.Find(loop.Parts.Mesh.Workload!, port, null, default), Fault.ClientHandshakeFailed, failure); // the caller has seen it
            return;
        }

        ConnectionInfo info = Describe(loop, connection, connection.RemoteAddress, port.Port, isOutside: true);
        if (port.IsHttp)
        {
            await HttpSession.RunAsync(loop, connection, info, new InboundHttp(loop, port, info));
        }
        else
        {
            await RunOpaqueAsync(session, loop.Parts.Mesh.Workload!, port, info);
        }
    }

    private static int DialledPort(LoopConnection connection, int? listenerPort) => listenerPort ?? connection.OriginalDestination(ipv6: false)?.Port ?? 0;

    /// <summary>With an opaque connection a peer names the port in its handshake ("p9080.weft"); everybody else by the listener it was redirected to.</summary>
    private static int TargetPort(LoopConnection connection, int? listenerPort)
    {
        if (connection.Tls?.ServerName is { } name && name.StartsWith('p') && name.EndsWith(".weft", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(1, name.Length - 6), System.Globalization.NumberStyles.None, null, out int port))
        {
            return port;
        }

        return DialledPort(connection, listenerPort);
    }

    private static bool IsHttp(LoopConnection connection, InboundPortModel port, SniffedProtocol first)
    {
        return connection.Tls is null && (port.Protocol is AppProtocol.Http1 or AppProtocol.Http2 or AppProtocol.Grpc
            || (port.Protocol is AppProtocol.Detect && first is SniffedProtocol.Http1 or SniffedProtocol.Http2));
    }

    private static ConnectionInfo Describe(ProxyLoop loop, LoopConnection connection, IPEndPoint? remote, int port, bool isOutside = false)
    {
        PeerFacts? peer = !isOutside && connection.Tls?.Identity is { } id ? new PeerFacts(id) : null;
        string element = peer is null ? string.Empty
            : $"By={loop.Parts.Tls.Current?.Self.Text};Hash={connection.Tls?.CertificateSha256};Subject=\"\";URI={peer.Id.Text}";
        return new ConnectionInfo
        {
            Client = remote is null ? default : IpValue.From(remote.Address),
            ClientText = remote?.ToString(),
            AddressUtf8 = remote is null ? [] : Encoding.ASCII.GetBytes(remote.Address.ToString()),
            Port = port,
            Peer = peer,
            ServerName = connection.Tls?.ServerName is { } name ? new Utf8Text(name) : null,
            ClientCertificateElement = Encoding.ASCII.GetBytes(element),
            IsInbound = true,
            IsHttps = isOutside,
            IsPeerStream = connection.Tls is { Alpn: MeshTls.HttpProtocol },
        };
    }

    private static async LoopTask RunOpaqueAsync(TcpSession session, WorkloadModel workload, InboundPortModel port, ConnectionInfo info)
    {
        ProxyLoop loop = session.Loop;
        Edge edge = loop.Parts.Mesh.InboundEdges.Find(workload, port, info.Peer?.Id, default);
        AuthorizationDecision decision = workload.Authorization.DecideConnection(InboundHttp.FactsOf(info, port));
        if (!decision.Allowed)
        {
            session.Refuse(edge, Fault.Denied, decision.ToString());
            return;
        }

        if (port.Load is { } load && !load.Connections.TryEnter())
        {
            session.Refuse(edge, Fault.UpstreamOverflow);
            return;
        }

        await session.JoinAsync(InboundHttp.ChoiceOf(loop, port, edge), null);
        port.Load?.Connections.Exit();
    }

    private static Edge UnknownEdge(ProxyLoop loop, WorkloadModel workload) => loop.Parts.Mesh.Edges.Intern(new EdgeKey(
        Outbound: false, Party.Unknown, workload.Self, "unknown", "unknown", workload.Namespace, 0, MutualTls: false));
}
