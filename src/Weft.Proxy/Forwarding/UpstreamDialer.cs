using Weft.Http;
using Weft.Http.Http2;
using Weft.Primitives;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using Weft.Wire.ProxyProtocol;

namespace Weft.Proxy.Forwarding;

/// <summary>Opens connections: (1) connect (2) PROXY header (3) TLS (4) is it who we expect. On the loop.</summary>
internal static class UpstreamDialer
{
    /// <summary>A stream on a connection that is open already; null when there is none.</summary>
    internal static HttpClientStream? TryTake(ProxyLoop loop, UpstreamChoice choice) =>
        choice.IsHttp2 ? loop.Http2Pool.TryOpen(choice.Key) : loop.Pool.TryTake(choice.Key);

    internal static LoopTask<Outcome<HttpClientStream>> OpenAsync(ProxyLoop loop, UpstreamChoice choice) =>
        choice.IsHttp2 ? OpenSharedAsync(loop, choice) : OpenOwnAsync(loop, choice);

    /// <param name="client">For upstreams that want a PROXY header. Null: many clients share the connection, so it names none (x-forwarded-for does).</param>
    internal static async LoopTask<Outcome<LoopConnection>> ConnectAsync(ProxyLoop loop, UpstreamChoice choice, ProxyHeader? client = null)
    {
        Outcome<LoopConnection> connected = choice.AppPort != 0                                                      // (1)
            ? await loop.Parts.App.ConnectAsync(loop.Loop, choice.AppPort, choice.ConnectMs)
            : await Connector.ConnectAsync(loop.Loop, choice.Key.Target, choice.ConnectMs);
        if (!connected.TryGet(out LoopConnection? connection))
        {
            return connected;
        }

        if (choice.ProxyProtocol != 0)                                                                               // (2)
        {
            connection.Advance(ProxyHeaderWriter.Write(connection.Output(ProxyHeaderWriter.BytesMax), choice.ProxyProtocol, client ?? new ProxyHeader(IsLocal: true, default, default)));
            await connection.DrainAsync(); // before TLS begins, which would seal it
        }

        if (choice.Key.Own is not { } context)
        {
            return connected;
        }

        // A session stands for all that its handshake proved: the lane's own identity (the context), its place and whom we expect there.
        var names = new TlsServerNames(choice.Key.ServerName, choice.VerifyName, $"{choice.Key.Target} {choice.Key.Expected} {choice.Key.ServerName} {choice.VerifyName}");
        connection.SetReadDeadline((long)loop.Parts.Limits.HandshakeTime.TotalMilliseconds);
        IoStatus status = await connection.SecureAsClient(context, names);                                           // (3)
        connection.SetReadDeadline(0);
        loop.CountHandshake(connection, LoopCounter.HandshakesClient);
        if (status != IoStatus.Ok)
        {
            connection.Close();
            return Fault.UpstreamHandshakeFailed;
        }

        if (choice.Key.Expected is { } expected && expected != connection.Tls?.Identity)                             // (4)
        {
            connection.Abort();
            return Fault.UpstreamIdentityMismatch;
        }

        return connection;
    }

    private static async LoopTask<Outcome<HttpClientStream>> OpenOwnAsync(ProxyLoop loop, UpstreamChoice choice)
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

    /// <summary>One dials, the others wait for the same connection; past its streams another one is dialled.</summary>
    private static async LoopTask<Outcome<HttpClientStream>> OpenSharedAsync(ProxyLoop loop, UpstreamChoice choice)
    {
        Http2ClientPool pool = loop.Http2Pool;
        while (true)
        {
            if (pool.TryOpen(choice.Key) is { } stream)
            {
                return stream;
            }

            if (await pool.WaitForDialAsync(choice.Key))
            {
                Fault dialled = pool.DialFault(choice.Key);
                if (dialled != Fault.None)
                {
                    return dialled;
                }

                continue;
            }

            Outcome<LoopConnection> opened = Fault.Internal;
            try
            {
                opened = await ConnectAsync(loop, choice);
            }
            finally
            {
                // Even after a broken promise of ours: who waits for this dial waits for nothing else.
                _ = opened.TryGet(out LoopConnection? connection);
                connection?.SetWriteStall((long)loop.Parts.Limits.BodyStall.TotalMilliseconds);
                pool.Dialled(choice.Key, connection, connection is null ? opened.Fault : Fault.None, choice.IdleMs);
            }

            if (!opened.TryGet(out _))
            {
                return opened.Fault;
            }
        }
    }
}
