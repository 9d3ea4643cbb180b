using Weft.Http.Http2;
using Weft.Primitives;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>Serves one HTTP/2 connection: its requests side by side, each on a stream of its own. On the loop.</summary>
internal sealed class Http2Session
{
    private readonly ProxyLoop _loop;
    private readonly ConnectionInfo _info;
    private readonly IHttpEntry _entry;
    private Http2Connection? _connection;

    private Http2Session(ProxyLoop loop, ConnectionInfo info, IHttpEntry entry)
    {
        _loop = loop;
        _info = info;
        _entry = entry;
    }

    internal static async LoopTask RunAsync(ProxyLoop loop, LoopConnection connection, ConnectionInfo info, IHttpEntry entry)
    {
        connection.SetWriteStall((long)loop.Parts.Limits.BodyStall.TotalMilliseconds);
        var session = new Http2Session(loop, info, entry);
        Http2Limits limits = info.IsPeerStream ? loop.Parts.Limits.Peer : loop.Parts.Limits.Http2;
        Http2Connection http2 = Http2Connection.Server(loop.Loop, connection, limits, session.Accept, loop.Http2Streams);
        session._connection = http2;
        loop.Http2Sessions.Add(session);
        var expiry = new Expiry(session);
        if (connection.Tls is { Identity: not null } peer)
        {
            TimeSpan left = peer.Expires - TimeProvider.System.GetUtcNow() - loop.Parts.Limits.PeerExpiryMargin;
            loop.Loop.Schedule(expiry, (long)Math.Max(left.TotalMilliseconds, 0));
        }

        await http2.Ended;
        loop.Loop.Cancel(expiry);
        loop.Http2Sessions.Remove(session);
    }

    /// <summary>No new requests, if the proxy has taken leave of this client; those under way are answered first.</summary>
    internal void DrainIfLeft()
    {
        if (_info.IsDraining(_loop))
        {
            _connection?.Leave();
        }
    }

    private void Accept(Http2Stream stream) => _loop.Loop.Supervise(ServeAsync(stream), "http2-request");

    /// <remarks>(1) head (2) 100-continue (3) decide and forward (4) count</remarks>
    private async LoopTask ServeAsync(Http2Stream stream)
    {
        Http2Exchange served = _loop.RentHttp2();
        Exchange x = served.Exchange;
        x.Attach(served.Client, _info);
        bool isRight = served.Client.TryBind(stream, _info.IsHttps);                            // (1)
        x.Begin();
        try
        {
            if (!isRight)
            {
                LocalAnswer.Refuse(x, served.Client.Error);
            }
            else if (_loop.Loop.Overload >= OverloadStep.RefuseRequests)
            {
                LocalAnswer.Shed(x);
            }
            else
            {
                Http1Session.AcceptExpectation(served.Client);                                  // (2)
                await _entry.HandleAsync(x);                                                    // (3)
            }

            x.Record(_entry);                                                                   // (4)
        }
        finally
        {
            served.Client.Release();
            _loop.Return(served);
        }

        DrainIfLeft();
    }

    /// <summary>What the handshake proved holds no longer than the certificate.</summary>
    private sealed class Expiry(Http2Session session) : LoopTimer
    {
        protected override void OnExpired() => session._connection?.Leave();
    }
}

/// <summary>What one request on a stream needs, pooled by its loop.</summary>
internal sealed class Http2Exchange(ProxyLoop loop)
{
    internal Exchange Exchange { get; } = new(loop);

    internal Http2ServerStream Client { get; } = new();
}
