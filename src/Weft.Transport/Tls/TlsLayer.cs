using System.Text;
using Weft.Transport.Native;
using Weft.Transport.Tls;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport;

/// <summary>TLS under one connection: records in the loop's scratch on one side, plain text in the connection's blocks on the other. Used by its loop only.</summary>
internal sealed unsafe class TlsLayer
{
    private readonly TlsScratch.State* _scratch;
    private readonly TlsContext _context;
    private readonly bool _isServer;
    private nint _ssl;

    /// <summary>Client: by which name its session is kept; null: it is not.</summary>
    private string? _sessionName;

    /// <summary>Records that were read and not opened yet: what came before the handshake, or what the input had no room for.</summary>
    private Block? _kept;

    /// <summary>The peer's close_notify was read, maybe behind its last data.</summary>
    private bool _ended;

    private TlsLayer(TlsContext context, TlsScratch scratch, bool isServer)
    {
        _context = context;
        _scratch = scratch.Current;
        _isServer = isServer;
        _ssl = LibSsl.SSL_new(context.Handle);
        nint bio = TlsBio.Create(_scratch);
        LibSsl.SSL_set_bio(_ssl, bio, bio);
    }

    internal TlsPeer? Peer { get; private set; }

    internal string? Error { get; private set; }

    internal bool Established => Peer is not null;

    /// <summary>More plain text can be had without another recv.</summary>
    internal bool HasMore => _ssl != 0 && (_ended || _kept is not null || LibSsl.SSL_pending(_ssl) > 0);

    internal ReadOnlySpan<byte> Outgoing => new(_scratch->Out, _scratch->OutLength);

    internal static TlsLayer Server(TlsContext context, TlsScratch scratch)
    {
        var layer = new TlsLayer(context, scratch, isServer: true);
        LibSsl.SSL_set_accept_state(layer._ssl);
        return layer;
    }

    internal static TlsLayer Client(TlsContext context, TlsScratch scratch, in TlsServerNames names)
    {
        var layer = new TlsLayer(context, scratch, isServer: false);
        LibSsl.SSL_set_connect_state(layer._ssl);
        if (names.Asked is not null)
        {
            fixed (byte* name = Encoding.ASCII.GetBytes(names.Asked + '\0'))
            {
                _ = LibSsl.SSL_ctrl(layer._ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_HOST_NAME, name);
            }
        }

        if (names.Verified is not null && context.PeerNames.Count == 0)
        {
            fixed (byte* name = Encoding.ASCII.GetBytes(names.Verified + '\0'))
            {
                _ = LibSsl.SSL_set1_host(layer._ssl, name);
            }
        }

        if (names.Session is not null && context.Sessions is { } sessions)
        {
            layer._sessionName = names.Session;
            sessions.Offer(layer._ssl, names.Session);
        }

        return layer;
    }

    /// <summary>Takes over what was read before TLS began. Owner from here on: this layer.</summary>
    internal void Keep(Block? unread)
    {
        if (unread is { Length: > 0 })
        {
            _kept = unread;
        }
    }

    internal void ClearOutgoing() => _scratch->OutLength = 0;

    /// <summary>Reads records and opens them into <paramref name="input"/>. The caller sends <see cref="Outgoing"/> afterwards, whatever came out.</summary>
    internal TlsProgress Fill(LoopConnection connection, Block input)
    {
        if (!Established && connection.Loop.HandshakeStepsThisTurn++ >= connection.Loop.Limits.HandshakeStepsPerTurnMax)
        {
            return TlsProgress.Nothing; // still readable: the connection asks again in the next turn
        }

        if (_ended)
        {
            return TlsProgress.CloseNotify;
        }

        bool begins = !Established && !_isServer && _kept is null;
        if (_kept is { } kept)
        {
            _scratch->In = kept.Start + kept.Head;
            _scratch->InLength = kept.Length;
        }
        else if (LibSsl.SSL_pending(_ssl) > 0)
        {
            _scratch->InLength = 0;
        }
        else
        {
            int count = connection.Receive(_scratch->Receive, TlsScratch.IncomingBytes);
            if (count == 0)
            {
                return TlsProgress.Truncated;
            }

            if (count < 0 && !begins)
            {
                return TlsProgress.Nothing;
            }

            _scratch->In = _scratch->Receive;
            _scratch->InLength = Math.Max(count, 0);
        }

        TlsProgress progress = Established ? Open(input) : Handshake();
        KeepSession(progress);
        KeepRest(connection.Loop.Blocks);
        return progress;
    }

    /// <summary>Seals the front of <paramref name="plain"/> into one record; the number of bytes it took, or less than 1 on failure.</summary>
    internal int Seal(ReadOnlySpan<byte> plain)
    {
        LibCrypto.ERR_clear_error();
        fixed (byte* start = plain)
        {
            int count = LibSsl.SSL_write(_ssl, start, plain.Length);
            if (count <= 0)
            {
                Error = TlsErrors.Take("record not sealed");
            }

            return count;
        }
    }

    internal void SealCloseNotify()
    {
        if (Established && _ssl != 0)
        {
            LibCrypto.ERR_clear_error();
            _ = LibSsl.SSL_shutdown(_ssl);
        }
    }

    internal void Free(BlockPool pool)
    {
        if (_kept is { } kept)
        {
            _kept = null;
            pool.Return(kept);
        }

        if (_ssl != 0)
        {
            // Else libssl takes a connection that we just drop for an attack, and its session may not be resumed.
            LibSsl.SSL_set_shutdown(_ssl, SSL_SENT_SHUTDOWN);
            LibSsl.SSL_free(_ssl);
            _ssl = 0;
        }
    }

    private void KeepSession(TlsProgress progress)
    {
        nint session = _scratch->Session;
        _scratch->Session = 0;
        if (session != 0)
        {
            if (_sessionName is not null)
            {
                _context.Sessions?.Put(_sessionName, session);
            }
            else
            {
                LibSsl.SSL_SESSION_free(session);
            }

            _ = LibSsl.SSL_free_buffers(_ssl); // a ticket leaves a write buffer behind, which would stay until the next write
        }

        if (progress is TlsProgress.Failed && _sessionName is not null)
        {
            _context.Sessions?.Forget(_sessionName);
        }
    }

    private TlsProgress Handshake()
    {
        LibCrypto.ERR_clear_error();
        int result = LibSsl.SSL_do_handshake(_ssl);
        if (result != 1)
        {
            if (LibSsl.SSL_get_error(_ssl, result) == SSL_ERROR_WANT_READ)
            {
                return TlsProgress.Nothing;
            }

            Error = TlsErrors.Take("handshake failed");
            return TlsProgress.Failed;
        }

        if (_context.RootSha256 is { } pin && TlsPin.Check(_ssl, pin) is { } reason)
        {
            Error = reason;
            return TlsProgress.Failed;
        }

        TlsPeer peer = TlsPeerReader.Read(_ssl, _isServer, _context.RootSha256 is not null, _context.ReadsKeyHash);
        if (peer.IsResumed && !TlsPeerReader.IsCurrent(_ssl))
        {
            Error = "the session is of a certificate that has expired";
            return TlsProgress.Failed;
        }

        if (_context.PeerNames.Count > 0 && !TlsNames.CoverAny(peer.Names, _context.PeerNames))
        {
            Error = $"the server's certificate carries none of {string.Join(", ", _context.PeerNames)} but {string.Join(", ", peer.Names)}";
            return TlsProgress.Failed;
        }

        Peer = peer;
        // What came along with the peer's last flight is kept for the next read, so that every read has news of its own.
        return TlsProgress.Established;
    }

    private TlsProgress Open(Block input)
    {
        bool any = false;
        do
        {
            if (input.Free == 0)
            {
                break;
            }

            LibCrypto.ERR_clear_error();
            int count = LibSsl.SSL_read(_ssl, input.Start + input.Tail, input.Free);
            if (count > 0)
            {
                input.Tail += count;
                any = true;
                continue;
            }

            switch (LibSsl.SSL_get_error(_ssl, count))
            {
                case SSL_ERROR_WANT_READ:
                    return any ? TlsProgress.Data : TlsProgress.Nothing;
                case SSL_ERROR_ZERO_RETURN:
                    // What came before the end is delivered first; the next read meets the end.
                    _ended = true;
                    return any ? TlsProgress.Data : TlsProgress.CloseNotify;
                default:
                    Error = TlsErrors.Take("record not opened");
                    return TlsProgress.Failed;
            }
        }
        while (_scratch->InLength > 0 || LibSsl.SSL_pending(_ssl) > 0);
        return any ? TlsProgress.Data : TlsProgress.Nothing;
    }

    private void KeepRest(BlockPool pool)
    {
        if (_kept is { } kept)
        {
            kept.Head = kept.Tail - _scratch->InLength;
            if (kept.Length == 0)
            {
                _kept = null;
                pool.Return(kept);
            }
        }
        else if (_scratch->InLength > 0)
        {
            // The input is full while records are left: they wait here instead of in the scratch, which others use.
            _kept = pool.Rent(); // owner: this layer, until it is opened
            new ReadOnlySpan<byte>(_scratch->In, _scratch->InLength).CopyTo(_kept.Unfilled);
            _kept.Tail = _scratch->InLength;
        }

        _scratch->InLength = 0;
    }
}
