using Weft.Http.Http1;
using Weft.Primitives;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>Opens connections: (1) connect (2) TLS (3) is it who we expect. On the loop.</summary>
internal static class UpstreamDialer
{
    internal static async LoopTask<Outcome<Http1Client>> OpenAsync(ProxyLoop loop, UpstreamChoice choice)
    {
        Outcome<LoopConnection> opened = await ConnectAsync(loop, choice);
        if (!opened.TryGet(out LoopConnection? connection))
        {
            return opened.Fault;
        }

        connection.InputBytesMax = loop.Parts.Limits.Http1.HeadBytesMax;
        connection.SetWriteStall((long)loop.Parts.Limits.BodyStall.TotalMilliseconds);
        return loop.Pool.Adopt(choice.Key, connection, choice.IdleMs);
    }

    internal static async LoopTask<Outcome<LoopConnection>> ConnectAsync(ProxyLoop loop, UpstreamChoice choice)
    {
        Outcome<LoopConnection> connected = choice.AppPort != 0                                                      // (1)
            ? await loop.Parts.App.ConnectAsync(loop.Loop, choice.AppPort, choice.ConnectMs)
            : await Connector.ConnectAsync(loop.Loop, choice.Key.Target, choice.ConnectMs);
        if (!connected.TryGet(out LoopConnection? connection) || choice.Key.Own is not { } context)
        {
            return connected;
        }

        connection.SetReadDeadline((long)loop.Parts.Limits.HandshakeTime.TotalMilliseconds);
        IoStatus status = await connection.SecureAsClient(context, choice.Key.ServerName, choice.VerifyName);        // (2)
        connection.SetReadDeadline(0);
        if (status != IoStatus.Ok)
        {
            connection.Close();
            return Fault.UpstreamHandshakeFailed;
        }

        if (choice.Key.Expected is { } expected && expected != connection.Tls?.Identity)                             // (3)
        {
            connection.Abort();
            return Fault.UpstreamIdentityMismatch;
        }

        return connection;
    }
}
