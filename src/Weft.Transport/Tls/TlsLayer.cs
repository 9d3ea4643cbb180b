using Weft.Transport.Tls;

namespace Weft.Transport;

/// <summary>TLS under one connection: records in the loop's scratch on one side, plain text in the connection's blocks on the other. Used by its loop only.</summary>
/// <remarks>libssl does the handshake, and under TLS 1.2 all the rest; under TLS 1.3 it is let go as soon as it has nothing more to tell.</remarks>
internal sealed unsafe class TlsLayer
{
    private readonly TlsScratch.State* _scratch;
    private readonly bool _isServer;

    /// <summary>Until the records are ours.</summary>
    private TlsLibrary? _library;

    /// <summary>From then on.</summary>
    private TlsRecords? _records;

    /// <summary>Records that were read and not opened yet: what came before the handshake, the front of one, or what the input had no room for.</summary>
    private Block? _kept;

    /// <summary>The peer's close_notify was read, maybe behind its last data.</summary>
    private bool _ended;

    private TlsLayer(TlsScratch.State* scratch, TlsLibrary library, bool isServer)
    {
        _scratch = scratch;
        _library = library;
        _isServer = isServer;
    }

    internal TlsPeer? Peer { get; private set; }

    internal string? Error => _library?.Error ?? _records?.Error;

    internal bool Established => Peer is not null;

    /// <summary>More plain text can be had without another recv.</summary>
    internal bool HasMore => _ended || (_records is not null ? HasWholeRecord : _kept is not null || _library is { HasPending: true });

    internal ReadOnlySpan<byte> Outgoing => new(_scratch->Out, _scratch->OutLength);

    internal static TlsLayer Server(TlsContext context, TlsScratch scratch) => new(scratch.Current, TlsLibrary.Server(context, scratch.Current), isServer: true);

    internal static TlsLayer Client(TlsContext context, TlsScratch scratch, in TlsServerNames names) =>
        new(scratch.Current, TlsLibrary.Client(context, scratch.Current, names), isServer: false);

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

        TlsLibrary? library = _library;
        TlsProgress? early = library is null ? TakeRecords(connection) : TakeInput(library, connection);
        if (early is { } nothing)
        {
            return nothing;
        }

        TlsProgress progress = _records is { } records ? Open(records, connection, ref input)
            : library is null ? TlsProgress.Failed : FillByLibrary(library, connection, ref input);
        return KeepRest(connection.Loop.Blocks) ? progress : TlsProgress.NoMemory;
    }

    /// <summary>Seals the front of <paramref name="plain"/> into one record; the number of bytes it took, or less than 1 on failure.</summary>
    internal int Seal(ReadOnlySpan<byte> plain) => _records is { } records ? records.Seal(plain, _scratch) : _library?.Seal(plain) ?? 0;

    internal void SealCloseNotify()
    {
        if (_records is { } records)
        {
            records.SealCloseNotify(_scratch);
        }
        else if (Established)
        {
            _library?.SealCloseNotify();
        }
    }

    internal void Free(BlockPool pool)
    {
        if (_kept is { } kept)
        {
            _kept = null;
            pool.Return(kept);
        }

        _library?.Dispose();
        _records?.Dispose();
    }

    private bool HasWholeRecord => _kept is { } kept && TlsRecords.TryMeasure(kept.Filled, out _);

    /// <summary>What libssl is to read next, into the scratch; it keeps the front of a record by itself. Null: go on.</summary>
    private TlsProgress? TakeInput(TlsLibrary library, LoopConnection connection)
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
        if (library.HasPending)
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

    private TlsProgress FillByLibrary(TlsLibrary library, LoopConnection connection, ref InputBuffer input)
    {
        if (!input.TryMakeRoom(connection.Loop.Blocks, connection.InputBytesMax, out Block? room, out IoStatus failure))
        {
            return failure is IoStatus.NoMemory ? TlsProgress.NoMemory : TlsProgress.Full;
        }

        TlsProgress progress;
        if (Established)
        {
            progress = library.Open(room, out _ended);
        }
        else
        {
            progress = library.Handshake(out TlsPeer? peer);
            Peer = progress is TlsProgress.Established ? peer : null;
        }

        _records = library.TryRelease();
        if (_records is not null)
        {
            library.Dispose();
            _library = null;
        }

        return progress;
    }

    private TlsProgress Open(TlsRecords records, LoopConnection connection, ref InputBuffer input)
    {
        bool any = false;
        while (TlsRecords.TryMeasure(new ReadOnlySpan<byte>(_scratch->In, _scratch->InLength), out int length))
        {
            if (!input.TryMakeRoom(connection.Loop.Blocks, connection.InputBytesMax, out Block? room, out IoStatus failure, length))
            {
                return failure is IoStatus.NoMemory ? TlsProgress.NoMemory : any ? TlsProgress.Data : TlsProgress.Full;
            }

            TlsRecord kind = records.Open(_scratch->In, length, room.Start + room.Tail, _scratch, out int content);
            _scratch->In += length;
            _scratch->InLength -= length;
            room.Tail += content;
            any |= kind is TlsRecord.Data;
            if (kind is TlsRecord.Failed)
            {
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

    /// <summary>False: there is no memory for it, and the stream has a hole.</summary>
    private bool KeepRest(BlockPool pool)
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
            if (!pool.TryRent(out _kept)) // owner: this layer, until it is opened
            {
                _scratch->InLength = 0;
                return false;
            }

            new ReadOnlySpan<byte>(_scratch->In, _scratch->InLength).CopyTo(new Span<byte>(_kept.Start, _kept.Room));
            _kept.Tail = _scratch->InLength;
        }

        _scratch->InLength = 0;
        return true;
    }
}
