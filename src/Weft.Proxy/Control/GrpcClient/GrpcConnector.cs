using Grpc.Core;
using Weft.Http.Http2;
using Weft.Primitives;
using Weft.Transport;

namespace Weft.Proxy.Control.GrpcClient;

/// <summary>Holds a channel's connection and dials another when it is over. One attempt at a time; all calls meanwhile wait for it. On the loop only.</summary>
internal sealed class GrpcConnector(EventLoop loop, GrpcChannelOptions options)
{
    private readonly List<LoopSignal> _waiters = [];
    private Http2Connection? _connection;
    private Status _lastFailure;
    private bool _isDialing;
    private bool _isClosed;

    /// <summary>A connection that takes another stream, or why there is none.</summary>
    internal async LoopTask<(Http2Connection? Connection, Status Failure)> GetAsync()
    {
        if (_isClosed)
        {
            return (null, new Status(StatusCode.Cancelled, "The channel is closed."));
        }

        if (_connection is { CanOpen: true } ready)
        {
            return (ready, default);
        }

        if (_isDialing)
        {
            var waiter = new LoopSignal(loop);
            _waiters.Add(waiter);
            await waiter;
        }
        else
        {
            _isDialing = true;
            _lastFailure = await DialAsync();
            _isDialing = false;
            _waiters.ForEach(w => w.Set());
            _waiters.Clear();
        }

        return _connection is { CanOpen: true } dialed ? (dialed, default) : (null, _lastFailure);
    }

    /// <summary>The next call dials anew; calls that are under way may end on the old connection.</summary>
    internal void Reset()
    {
        _connection?.Shutdown();
        _connection = null;
    }

    internal void Close()
    {
        _isClosed = true;
        _connection?.Abort(Fault.Draining);
        _connection = null;
    }

    private async LoopTask<Status> DialAsync()
    {
        long timeoutMs = (long)options.ConnectTimeout.TotalMilliseconds;
        SocketTarget? address = options.Resolve is { } resolve ? await resolve() : options.Address;
        if (address is null)
        {
            return Unavailable($"{options.Authority} does not resolve to an address; look at the name, and at the servers in /etc/resolv.conf");
        }

        Outcome<LoopConnection> dialed = await Connector.ConnectAsync(loop, address, timeoutMs);
        if (!dialed.TryGet(out LoopConnection? io))
        {
            return Unavailable($"{address} cannot be reached: {dialed.Fault.Info().Sentence}");
        }

        if (options.Tls is { } tls)
        {
            io.SetReadDeadline(timeoutMs);
            IoStatus secured = await io.SecureAsClient(tls(), options.ServerName, options.VerifyName);
            string? refusal = Refusal(io, secured);
            if (refusal is not null)
            {
                io.Close();
                return Unavailable($"TLS with {address} failed: {refusal}");
            }
        }

        _connection?.Shutdown(); // it takes no more streams, and closes when those it has have ended
        _connection = Http2Connection.Client(loop, io, options.Limits);
        return default;
    }

    private string? Refusal(LoopConnection io, IoStatus secured)
    {
        if (secured is not IoStatus.Ok)
        {
            return io.TlsError ?? (secured is IoStatus.TimedOut ? "the handshake took too long." : $"the connection ended ({secured}).");
        }

        return io.Tls switch
        {
            null => "the handshake proved nothing.",
            { Alpn: not "h2" } => "the server does not speak HTTP/2 (ALPN h2).",
            var peer => options.VerifyPeer?.Invoke(peer),
        };
    }

    private static Status Unavailable(string detail) => new(StatusCode.Unavailable, detail);
}
