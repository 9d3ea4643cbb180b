using System.Collections.Immutable;
using System.Net;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Outbound;
using Weft.Proxy.State.Workloads;
using Weft.Proxy.Tcp;
using Weft.Transport;

namespace Weft.Proxy.Gateway;

/// <summary>A connection from outside to a gateway's port. On the loop.</summary>
internal static class GatewayConnection
{
    /// <remarks>(1) what is spoken on this port (2) TLS, if we terminate it (3) request by request, or as a whole</remarks>
    internal static async LoopTask RunAsync(ProxyLoop loop, LoopConnection connection, GatewayPort port)
    {
        IPEndPoint? remote = connection.RemoteAddress;
        ImmutableArray<GatewayListenerModel> listeners = port.Listeners;
        GatewayListenerModel first = listeners[0];                                                 // (1)
        if (first.Protocol is AppProtocol.Tcp or AppProtocol.Tls)
        {
            var session = new TcpSession(loop, connection, remote?.ToString());
            await TcpForwarder.RunRoutedAsync(session, first.TcpRoutes, null, remote is null ? default : IpValue.From(remote.Address));
            return;
        }

        bool isHttps = first.Protocol is AppProtocol.Https;
        if (isHttps && !await SecureAsync(loop, connection, listeners))                            // (2)
        {
            new TcpSession(loop, connection, remote?.ToString()).Refuse(
                Passthrough.EdgeOf(loop, "unknown", port.Port), Fault.ClientHandshakeFailed, connection.TlsError);
            return;
        }

        var info = new ConnectionInfo
        {
            Client = remote is null ? default : IpValue.From(remote.Address),
            ClientText = remote?.ToString(),
            AddressUtf8 = remote is null ? [] : System.Text.Encoding.ASCII.GetBytes(remote.Address.ToString()),
            Port = port.Port,
            IsHttps = isHttps,
        };
        await HttpSession.RunAsync(loop, connection, info, new GatewayHttp(loop, port));           // (3)
    }

    private static async LoopTask<bool> SecureAsync(ProxyLoop loop, LoopConnection connection, ImmutableArray<GatewayListenerModel> listeners)
    {
        TlsContext? context = await GatewayTls.ContextAsync(loop, listeners);
        if (context is null)
        {
            return false;
        }

        connection.SetReadDeadline((long)loop.Parts.Limits.HandshakeTime.TotalMilliseconds);
        IoStatus status = await connection.SecureAsServer(context);
        connection.SetReadDeadline(0);
        return status == IoStatus.Ok;
    }
}
