using System.Net;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State.Frontends;
using Weft.Proxy.Tcp;
using Weft.Transport;
using Weft.Wire;

namespace Weft.Proxy.Outbound;

/// <summary>A connection that the application opened. On the loop.</summary>
internal static class OutboundConnection
{
    internal static LoopTask RunAsync(ProxyLoop loop, LoopConnection connection)
    {
        IPEndPoint? local = connection.LocalAddress;
        IPEndPoint? original = connection.OriginalDestination(local?.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6);
        if (original is null || original.Equals(local))
        {
            connection.Abort(); // nobody redirected it: somebody dials the capture port itself
            return LoopTask.Completed;
        }

        return RunToAsync(loop, connection, original);
    }

    /// <remarks>(1) where to is known (2) who is that (3) what does it speak (4) request by request, or as a whole</remarks>
    internal static async LoopTask RunToAsync(ProxyLoop loop, LoopConnection connection, IPEndPoint original)
    {
        IPEndPoint? remote = connection.RemoteAddress;
        IpValue address = IpValue.From(original.Address);                                                                                   // (1)
        FrontendPortModel? port = loop.Parts.Mesh.Frontends.FindByAddress(address, original.Port);                                          // (2)
        AppProtocol protocol = port?.Protocol ?? AppProtocol.Detect;
        if (protocol is AppProtocol.Detect)
        {
            protocol = await DetectAsync(loop, connection);                                                                                 // (3)
        }

        var destination = new OutboundDestination(original, address, port);
        if (protocol is AppProtocol.Http1 or AppProtocol.Http2 or AppProtocol.Grpc)                                                                                             // (4)
        {
            await HttpSession.RunAsync(loop, connection, Describe(remote, original.Port, original), new OutboundHttp(loop, destination));
        }
        else
        {
            await TcpForwarder.RunOutboundAsync(loop, connection, destination, remote);
        }
    }

    internal static LoopTask RunExplicitAsync(ProxyLoop loop, LoopConnection connection) => HttpSession.RunAsync(
        loop, connection, Describe(connection.RemoteAddress, 0), new OutboundHttp(loop, new OutboundDestination(null, default, null)));

    internal static ConnectionInfo Describe(IPEndPoint? remote, int port, IPEndPoint? original = null) => new()
    {
        Client = remote is null ? default : IpValue.From(remote.Address),
        ClientText = remote?.ToString(),
        AddressUtf8 = remote is null ? [] : System.Text.Encoding.ASCII.GetBytes(remote.Address.ToString()),
        Port = port,
        Original = original,
    };

    /// <summary>A client that waits for its server to speak first says nothing: then the connection is opaque.</summary>
    private static async LoopTask<AppProtocol> DetectAsync(ProxyLoop loop, LoopConnection connection)
    {
        connection.SetReadDeadline((long)loop.Parts.Limits.DetectTime.TotalMilliseconds);
        SniffedProtocol sniffed = ProtocolSniffer.Sniff(connection.Input);
        while (sniffed is SniffedProtocol.NeedMore && await connection.ReadAsync() == IoStatus.Ok)
        {
            sniffed = ProtocolSniffer.Sniff(connection.Input);
        }

        connection.SetReadDeadline(0);
        return sniffed is SniffedProtocol.Http1 or SniffedProtocol.Http2 ? AppProtocol.Http1 : AppProtocol.Tcp;
    }
}

/// <summary>Where the application wanted to go, and whom the mesh knows there.</summary>
/// <param name="Original">Null: it spoke to us as to an HTTP proxy, and each request says where.</param>
internal sealed record OutboundDestination(IPEndPoint? Original, IpValue Address, FrontendPortModel? Port);
