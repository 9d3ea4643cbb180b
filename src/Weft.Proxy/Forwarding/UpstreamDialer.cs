using Weft.Http;
using Weft.Http.Http2;
using Weft.Policy.Limits;
using Weft.Primitives;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using Weft.Wire.ProxyProtocol;

namespace Weft.Proxy.Forwarding;

/// <summary>Opens connections: (1) connect (2) PROXY header (3) TLS (4) is it who we expect. On the loop.</summary>
internal static class UpstreamDialer
{
    /// <summary>A stream on a connection that is open already; null when there is none.</summary>
    internal static HttpClientStream? TryTake(ProxyLoop loop, UpstreamChoice choice)
    {
        HttpClientStream? stream = choice.IsHttp2 ? loop.Http2Pool.TryOpen(choice.Key) : loop.Pool.TryTake(choice.Key);
        if (stream is not null)
        {
            loop.Telemetry.Counters.Count(LoopCounter.UpstreamReused);
        }

        return stream;
    }

    /// <param name="limited">Counts the cluster's connections; null: nobody does.</param>
    internal static LoopTask<Outcome<HttpClientStream>> OpenAsync(ProxyLoop loop, UpstreamChoice choice, ClusterLoadState? limited = null) =>
        choice.IsHttp2 ? OpenSharedAsync(loop, choice, choice.Config is { SharesConnections: false } ? null : limited) : OpenOwnAsync(loop, choice, limited);

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

        loop.Telemetry.Counters.Count(LoopCounter.UpstreamOpened);
        connection.IsUpstream = true;
        if (choice.Shape?.KeepAlive is { } keepAlive)
        {
            connection.KeepAlive(keepAlive);
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

    private static async LoopTask<Outcome<HttpClientStream>> OpenOwnAsync(ProxyLoop loop, UpstreamChoice choice, ClusterLoadState? limited)
    {
        if (limited is not null && limited.Sockets >= limited.Connections.Limit)
        {
            loop.CloseIdle(limited.SocketClosed); // the place is ours, so one of the others is idle
        }

        Outcome<LoopConnection> opened = await ConnectAsync(loop, choice);
        if (!opened.TryGet(out LoopConnection? connection))
        {
            return opened.Fault;
        }

        if (limited is not null)
        {
            limited.SocketOpened();
            connection.WhenClosed = limited.SocketClosed;
        }

        connection.InputBytesMax = loop.Parts.Limits.Http1.HeadBytesMax;
        connection.SetWriteStall((long)loop.Parts.Limits.BodyStall.TotalMilliseconds);
        return loop.Pool.Adopt(choice.Key, connection, choice.IdleMs, choice.LifeMs);
    }

    /// <summary>One dials, the others wait for the same connection; past its streams another one is dialled, where there is a place for it.</summary>
    private static async LoopTask<Outcome<HttpClientStream>> OpenSharedAsync(ProxyLoop loop, UpstreamChoice choice, ClusterLoadState? limited)
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

            if (limited is not null && !TryEnter(pool, choice, limited))
            {
                pool.Dialled(choice.Key, null, Fault.UpstreamOverflow, LifeOf(loop, choice));
                return Fault.UpstreamOverflow;
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
                Count(connection, limited);
                connection?.SetWriteStall((long)loop.Parts.Limits.BodyStall.TotalMilliseconds);
                pool.Dialled(choice.Key, connection, connection is null ? opened.Fault : Fault.None, LifeOf(loop, choice));
            }

            if (!opened.TryGet(out _))
            {
                return opened.Fault;
            }
        }
    }

    private static LaneLife LifeOf(ProxyLoop loop, UpstreamChoice choice) => new(choice.IdleMs, choice.LifeMs, choice.Shape?.Apply(loop.Parts.Limits.Peer));

    /// <summary>A loop's first connection to an endpoint is always made: what waits there could not be sent by any other.</summary>
    private static bool TryEnter(Http2ClientPool pool, UpstreamChoice choice, ClusterLoadState limited)
    {
        if (pool.HasConnection(choice.Key))
        {
            return limited.Connections.TryEnter();
        }

        limited.Connections.EnterAnyway();
        return true;
    }

    private static void Count(LoopConnection? connection, ClusterLoadState? limited)
    {
        if (connection is null)
        {
            limited?.Connections.Exit();
        }
        else
        {
            connection.WhenClosed = limited?.ConnectionClosed;
        }
    }
}
