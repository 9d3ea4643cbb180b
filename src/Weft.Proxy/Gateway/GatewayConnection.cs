using System.Collections.Immutable;
using System.Net;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Authorization;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Outbound;
using Weft.Proxy.State.Workloads;
using Weft.Proxy.Tcp;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Tls;

namespace Weft.Proxy.Gateway;

/// <summary>A connection from outside to a gateway's port. On the loop.</summary>
internal static class GatewayConnection
{
    /// <remarks>(1) who calls (2) TLS or plain, and for which name (3) passed through unopened, or ended here (4) request by request, or as a whole</remarks>
    internal static async LoopTask RunAsync(ProxyLoop loop, LoopConnection connection, GatewayPort port)
    {
        PortListeners listeners = port.Listeners;
        IPEndPoint? remote = connection.RemoteAddress;
        connection.SetReadDeadline((long)loop.Parts.Limits.HandshakeTime.TotalMilliseconds);
        if (listeners.WantsProxyHeader && (remote = await ProxiedClient.ReadAsync(connection)) is null)        // (1)
        {
            new TcpSession(loop, connection, null).Refuse(Unknown(loop, port), Fault.ClientMalformed, "The connection does not begin with a PROXY header.");
            return;
        }

        bool isSecure = listeners.HasSecure && (listeners.Plain.IsEmpty || await BeginsTlsAsync(connection));   // (2)
        var session = new TcpSession(loop, connection, remote?.ToString()) { Remote = remote };
        if (!isSecure)
        {
            connection.SetReadDeadline(0);
            await ServeAsync(session, connection, port, new Arrival(listeners.Plain, remote, null));            // (4)
            return;
        }

        PeekedHello hello = await PeekedHello.ReadAsync(connection);
        session.Sni = hello.ServerName;
        ImmutableArray<GatewayListenerModel> named = hello.IsTls ? listeners.Named(hello.ServerName) : [];
        if (named.IsEmpty)
        {
            RefuseName(session, connection, port, hello);
            return;
        }

        if (named[0].TlsMode is ServerTls.Types.Mode.Passthrough or ServerTls.Types.Mode.AutoPassthrough or ServerTls.Types.Mode.None) // (3)
        {
            connection.SetReadDeadline(0);
            if (IsAdmitted(session, port, named[0], remote))
            {
                await TcpForwarder.RunByNameAsync(session, named[0], DialledOf(connection));
            }

            return;
        }

        string? failure = await GatewayTls.SecureAsync(loop, connection, named[0], hello.ServerName);
        connection.SetReadDeadline(0);
        if (failure is not null)
        {
            session.Refuse(Unknown(loop, port), Fault.ClientHandshakeFailed, failure);
            return;
        }

        await ServeAsync(session, connection, port, new Arrival(named, remote, connection.Tls));                // (4)
    }

    /// <summary>One byte tells: only a port that serves both must look (RFC 8446 §5.1).</summary>
    private static async LoopTask<bool> BeginsTlsAsync(LoopConnection connection)
    {
        while (connection.Input.IsEmpty)
        {
            if (await connection.ReadAsync() != IoStatus.Ok)
            {
                return false;
            }
        }

        return connection.Input[0] == ProtocolSniffer.TlsHandshake;
    }

    private static LoopTask ServeAsync(TcpSession session, LoopConnection connection, GatewayPort port, in Arrival arrival)
    {
        GatewayListenerModel first = arrival.Listeners[0];
        if (first.Protocol is AppProtocol.Tcp or AppProtocol.Tls)
        {
            return IsAdmitted(session, port, first, arrival.Remote) ? TcpForwarder.RunRoutedAsync(session, first.TcpRoutes, null, DialledOf(connection)) : LoopTask.Completed;
        }

        var info = new ConnectionInfo
        {
            Client = arrival.Address,
            ClientText = arrival.Remote?.ToString(),
            AddressUtf8 = arrival.Remote is null ? [] : System.Text.Encoding.ASCII.GetBytes(arrival.Remote.Address.ToString()),
            Port = port.Port,
            IsHttps = arrival.Tls is not null,
            IsInbound = true,
            ServerName = session.Sni is null ? null : new Utf8Text(session.Sni),
        };
        return HttpSession.RunAsync(session.Loop, connection, info, new GatewayHttp(session.Loop, port, arrival.Tls is not null, session.Sni));
    }

    /// <summary>False: authorization refuses the connection as a whole, and it has been told.</summary>
    private static bool IsAdmitted(TcpSession session, GatewayPort port, GatewayListenerModel listener, IPEndPoint? remote)
    {
        AuthorizationTable table = session.Loop.Parts.Mesh.Workload?.Authorization ?? AuthorizationTable.Open;
        if (table.IsOpen)
        {
            return true;
        }

        IpValue client = remote is null ? default : IpValue.From(remote.Address);
        AuthorizationDecision decision = table.DecideConnection(new ConnectionFacts(null, client, client, default, listener.Port, session.Sni is null ? null : new Utf8Text(session.Sni)));
        if (!decision.Allowed)
        {
            session.Refuse(Unknown(session.Loop, port), Fault.Denied, decision.ToString());
        }

        return decision.Allowed;
    }

    private static void RefuseName(TcpSession session, LoopConnection connection, GatewayPort port, PeekedHello hello)
    {
        if (hello.IsTls)
        {
            connection.Write(hello.ServerName is null ? TlsAlerts.MissingExtension : TlsAlerts.UnrecognizedName);
            connection.Close(); // sends the alert; what the client has said is read already, so that no reset overtakes it
        }

        session.Refuse(Unknown(session.Loop, port), Fault.ClientHandshakeFailed, hello.IsTls ? "No listener has the server name." : "The connection does not begin with a ClientHello.");
    }

    private static IpValue DialledOf(LoopConnection connection) => connection.LocalAddress is { } local ? IpValue.From(local.Address) : default;

    private static Edge Unknown(ProxyLoop loop, GatewayPort port) => Passthrough.EdgeOf(loop, "unknown", port.Port);

    /// <summary>A connection that is ready to be served, with the listeners that may have it.</summary>
    private readonly record struct Arrival(ImmutableArray<GatewayListenerModel> Listeners, IPEndPoint? Remote, TlsPeer? Tls)
    {
        internal IpValue Address => Remote is null ? default : IpValue.From(Remote.Address);
    }
}
