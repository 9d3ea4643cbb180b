using System.Text;
using Weft.Transport.Native;
using Weft.Transport.Tls;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport;

/// <summary>TLS under one connection: records in the loop's scratch on one side, plain text in the connection's blocks on the other. Used by its loop only.</summary>
/// <remarks>libssl does the handshake, and under TLS 1.2 all the rest; under TLS 1.3 it is let go as soon as it has nothing more to tell.</remarks>
internal sealed unsafe class TlsLayer
{
    private const string Version13 = "TLSv1.3";

    private readonly TlsScratch.State* _scratch;
    private readonly TlsContext _context;
    private readonly bool _isServer;
    private nint _ssl;

    /// <summary>Null: they can or need not be taken over.</summary>
    private TlsSecrets* _secrets;

    /// <summary>The records after the handshake, once they are ours.</summary>
    private TlsRecords? _records;

    /// <summary>Client: by which name its session is kept; null: it is not.</summary>
    private string? _sessionName;

    /// <summary>Records that were read and not opened yet: what came before the handshake, the front of one, or what the input had no room for.</summary>
    private Block? _kept;

    /// <summary>libssl can go: a client that wants its session kept waits for the ticket first, which nobody else can read.</summary>
    private bool _isToldAll;

    /// <summary>The peer's close_notify was read, maybe behind its last data.</summary>
    private bool _ended;

    private TlsLayer(TlsContext context, TlsScratch scratch, bool isServer)
    {
        _context = context;
        _scratch = scratch.Current;
        _isServer = isServer;
        _secrets = TlsSecrets.Create(isServer);
        _ssl = LibSsl.SSL_new(context.Handle);
        nint bio = TlsBio.Create(_scratch);
        LibSsl.SSL_set_bio(_ssl, bio, bio);
    }

    internal TlsPeer? Peer { get; private set; }

    internal string? Error { get; private set; }

    internal bool Established => Peer is not null;

    /// <summary>More plain text can be had without another recv.</summary>
    internal bool HasMore => _ended
        || (_records is not null ? HasWholeRecord : _ssl != 0 && (_kept is not null || LibSsl.SSL_pending(_ssl) > 0));

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
    internal TlsProgress Fill(LoopConnection connection, ref InputBuffer input)
    {
        if (!Established && connection.Loop.HandshakeStepsThisTurn++ >= connection.Loop.Limits.HandshakeStepsPerTurnMax)
        {
            return TlsProgress.Nothing; // still readable: the connection asks again in the next turn
        }

        if (_ended)
        {
            return TlsProgress.CloseNotify;
        }

        TlsProgress? early = _records is null ? TakeInput(connection) : TakeRecords(connection);
        if (early is { } progress)
        {
            return progress;
        }

        progress = _records is { } records ? Open(records, connection, ref input)
            : !input.TryMakeRoom(connection.Loop.Blocks, connection.InputBytesMax, out Block? room) ? TlsProgress.Full
            : Established ? Open(room) : Handshake();
        if (_ssl != 0)
        {
            KeepSession(progress);
            TakeOver();
        }

        KeepRest(connection.Loop.Blocks);
        return progress;
    }

    /// <summary>Seals the front of <paramref name="plain"/> into one record; the number of bytes it took, or less than 1 on failure.</summary>
    internal int Seal(ReadOnlySpan<byte> plain)
    {
        if (_records is { } records)
        {
            return records.Seal(plain, _scratch);
        }

        BeginCall();
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
        if (_records is { } records)
        {
            records.SealCloseNotify(_scratch);
        }
        else if (Established && _ssl != 0)
        {
            BeginCall();
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

        FreeLibrary();
        _records?.Dispose();
    }

    private bool HasWholeRecord => _kept is { } kept && TlsRecords.TryMeasure(kept.Filled, out _);

    /// <summary>libssl is called for this connection next.</summary>
    private void BeginCall()
    {
        LibCrypto.ERR_clear_error();
        _scratch->Secrets = _secrets;
    }

    private void FreeLibrary()
    {
        TlsSecrets.Free(_secrets);
        _secrets = null;
        if (_ssl != 0)
        {
            // Else libssl takes a connection that we just drop for an attack, and its session may not be resumed.
            LibSsl.SSL_set_shutdown(_ssl, SSL_SENT_SHUTDOWN);
            LibSsl.SSL_free(_ssl);
            _ssl = 0;
        }
    }

    /// <summary>What libssl is to read next, into the scratch; it keeps the front of a record by itself. Null: go on.</summary>
    private TlsProgress? TakeInput(LoopConnection connection)
    {
        bool begins = !Established && !_isServer && _kept is null;
        if (_kept is { } kept)
        {
            _scratch->In = kept.Start + kept.Head;
            _scratch->InLength = kept.Length;
            return null;
        }

        _scratch->In = _scratch->Receive;
        _scratch->InLength = 0;
        if (LibSsl.SSL_pending(_ssl) > 0)
        {
            return null;
        }

        int count = connection.Receive(_scratch->Receive, TlsScratch.IncomingBytes);
        _scratch->InLength = Math.Max(count, 0);
        return count == 0 ? TlsProgress.Truncated : count < 0 && !begins ? TlsProgress.Nothing : null;
    }

    /// <summary>At least one whole record, or what there is: behind the front that is kept, else into the scratch. Null: go on.</summary>
    private TlsProgress? TakeRecords(LoopConnection connection)
    {
        if (_kept is not { } kept)
        {
            int read = connection.Receive(_scratch->Receive, TlsScratch.IncomingBytes);
            _scratch->In = _scratch->Receive;
            _scratch->InLength = Math.Max(read, 0);
            return read == 0 ? TlsProgress.Truncated : read < 0 ? TlsProgress.Nothing : null;
        }

        if (!HasWholeRecord)
        {
            kept.MoveToFront();
            int read = connection.Receive(kept.Start + kept.Tail, kept.Room - kept.Tail);
            if (read <= 0)
            {
                return read == 0 ? TlsProgress.Truncated : TlsProgress.Nothing;
            }

            kept.Tail += read;
        }

        _scratch->In = kept.Start + kept.Head;
        _scratch->InLength = kept.Length;
        return null;
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
            _isToldAll = true;
        }

        if (progress is TlsProgress.Failed && _sessionName is not null)
        {
            _context.Sessions?.Forget(_sessionName);
        }
    }

    /// <summary>From here on the records are ours, unless libssl is still needed or stands in the middle of one.</summary>
    private void TakeOver()
    {
        if (_isToldAll && _secrets is not null && LibSsl.SSL_pending(_ssl) == 0)
        {
            _records = TlsRecords.TryTakeOver(_ssl, _secrets, _isServer);
        }

        if (_records is not null)
        {
            FreeLibrary();
        }
    }

    private TlsProgress Handshake()
    {
        BeginCall();
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

        TlsPeer peer = TlsPeerReader.Read(_ssl, _isServer, _context.RootSha256 is not null);
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
        if (peer.Version != Version13)
        {
            TlsSecrets.Free(_secrets); // its records stay libssl's
            _secrets = null;
        }

        _isToldAll = _isServer || _sessionName is null;

        // What came along with the peer's last flight is kept for the next read, so that every read has news of its own.
        return TlsProgress.Established;
    }

    private TlsProgress Open(TlsRecords records, LoopConnection connection, ref InputBuffer input)
    {
        bool any = false;
        while (TlsRecords.TryMeasure(new ReadOnlySpan<byte>(_scratch->In, _scratch->InLength), out int length))
        {
            if (!input.TryMakeRoom(connection.Loop.Blocks, connection.InputBytesMax, out Block? room, length))
            {
                return any ? TlsProgress.Data : TlsProgress.Full;
            }

            TlsRecord kind = records.Open(_scratch->In, length, room.Start + room.Tail, _scratch, out int content);
            _scratch->In += length;
            _scratch->InLength -= length;
            room.Tail += content;
            any |= kind is TlsRecord.Data;
            if (kind is TlsRecord.Failed)
            {
                Error = records.Error;
                return TlsProgress.Failed;
            }

            if (kind is TlsRecord.CloseNotify)
            {
                // What came before the end is delivered first; the next read meets the end.
                _ended = true;
                return any ? TlsProgress.Data : TlsProgress.CloseNotify;
            }
        }

        return any ? TlsProgress.Data : TlsProgress.Nothing;
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

            BeginCall();
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
            // The input is full while records are left, or the last one is not whole: they wait here instead of in the scratch, which others use.
            _kept = pool.Rent(); // owner: this layer, until it is opened
            new ReadOnlySpan<byte>(_scratch->In, _scratch->InLength).CopyTo(new Span<byte>(_kept.Start, _kept.Room));
            _kept.Tail = _scratch->InLength;
        }

        _scratch->InLength = 0;
    }
}
