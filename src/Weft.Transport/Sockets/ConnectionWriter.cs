using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>The way out of one connection: gathers what a turn wrote into one send, under TLS into as few records as possible.</summary>
internal sealed unsafe class ConnectionWriter
{
    /// <summary>A producer waits above this, and goes on below <see cref="PendingLow"/>: one turn's full reads fit.</summary>
    internal const int PendingHigh = 64 << 10;

    internal const int PendingLow = 16 << 10;

    /// <summary>Sealed at once into the loop's scratch, then sent: more would only wait there for the kernel.</summary>
    private const int SealedPerSendMax = 64 << 10;

    private const int VectorsMax = 16;

    private readonly LoopConnection _connection;
    private readonly EventLoop _loop;
    private readonly bool _isSocket;
    private BlockQueue _plain;
    private BlockQueue _sealed;
    private Action? _waiter;
    private int _wakeAt;
    private bool _writable = true;
    private bool _dirty;
    private bool _finishing;
    private bool _finished;
    private bool _isSunk;
    private long _progressMs;

    internal ConnectionWriter(LoopConnection connection, bool isSocket)
    {
        _connection = connection;
        _loop = connection.Loop;
        _isSocket = isSocket;
    }

    internal int Pending => _plain.Length + _sealed.Length;

    internal IoStatus Status { get; private set; }

    internal long Sent { get; private set; }

    internal long StallMs { get; set; }

    internal Span<byte> GetSpan(int bytesMin)
    {
        if (_plain.TryGetSpan(bytesMin, _loop.Blocks, out Span<byte> room))
        {
            return room;
        }

        // The caller writes on, and learns of the end with its next wait.
        _isSunk = true;
        _connection.Break(IoStatus.NoMemory);
        return bytesMin <= BlockPool.BlockBytes ? _loop.Blocks.Sink : new byte[bytesMin];
    }

    internal void Advance(int count)
    {
        if (_isSunk)
        {
            _isSunk = false;
            return;
        }

        _plain.Advance(count);
        MarkDirty();
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (Status == IoStatus.Ok)
        {
            MarkDirty();
            if (!_plain.TryAppend(bytes, _loop.Blocks))
            {
                _connection.Break(IoStatus.NoMemory);
            }
        }
    }

    /// <summary>Takes a block over, sent as it is.</summary>
    internal void Write(Block block)
    {
        if (Status != IoStatus.Ok)
        {
            _loop.Blocks.Return(block);
            return;
        }

        _plain.Append(block);
        MarkDirty();
    }

    internal void Finish()
    {
        _finishing = true;
        MarkDirty();
    }

    internal void Established() => MarkDirty();

    internal void OnWritable()
    {
        if (!_writable)
        {
            _writable = true;
            _progressMs = _loop.NowMs;
            MarkDirty();
        }
    }

    internal void OnFlushed(Action continuation, int wakeAt)
    {
        if (_waiter is not null)
        {
            throw new InvalidOperationException("A connection has one flusher at a time.");
        }

        _waiter = continuation;
        _wakeAt = wakeAt;
        MarkDirty();
        if (StallMs > 0)
        {
            _progressMs = _loop.NowMs;
            _connection.EnsureTimer(_progressMs + StallMs);
        }
    }

    /// <summary>When to look again, or 0.</summary>
    internal long CheckStall()
    {
        if (StallMs <= 0 || _waiter is null)
        {
            return 0;
        }

        if (_progressMs + StallMs > _loop.NowMs)
        {
            return _progressMs + StallMs;
        }

        _connection.Break(IoStatus.TimedOut);
        return 0;
    }

    internal void FlushTurn()
    {
        _dirty = false;
        if (Status != IoStatus.Ok || _connection.IsClosed)
        {
            _plain.Clear(_loop.Blocks);
            return;
        }

        if (_writable)
        {
            Flush();
        }

        if (_waiter is { } waiter && (Pending <= _wakeAt || Status != IoStatus.Ok))
        {
            _waiter = null;
            _loop.Resume(waiter);
        }
    }

    internal void FlushBeforeClose()
    {
        _finishing = _connection.Layer is { Established: true };
        if (Status == IoStatus.Ok && _writable)
        {
            Flush();
        }
    }

    internal void Fail(IoStatus status)
    {
        if (Status == IoStatus.Ok)
        {
            Status = status;
        }

        if (_waiter is { } waiter)
        {
            _waiter = null;
            _loop.Resume(waiter);
        }
    }

    internal void Release()
    {
        _plain.Clear(_loop.Blocks);
        _sealed.Clear(_loop.Blocks);
        Fail(IoStatus.Closed);
    }

    /// <summary>Sends what libssl has put into the scratch; what the kernel does not take waits in order.</summary>
    internal void SendRecords(TlsLayer tls)
    {
        ReadOnlySpan<byte> records = tls.Outgoing;
        if (records.Length == 0)
        {
            return;
        }

        int sent = 0;
        if (_sealed.Length == 0 && _writable && Status == IoStatus.Ok)
        {
            fixed (byte* start = records)
            {
                sent = Math.Max(Send(start, records.Length), 0);
            }
        }

        if (sent < records.Length)
        {
            MarkDirty();
            if (!_sealed.TryAppend(records[sent..], _loop.Blocks))
            {
                _connection.Break(IoStatus.NoMemory);
            }
        }

        tls.ClearOutgoing();
    }

    private void MarkDirty()
    {
        if (!_dirty)
        {
            _dirty = true;
            _loop.MarkDirty(_connection);
        }
    }

    private void Flush()
    {
        if (_connection.Layer is { } tls)
        {
            if (!SendQueue(ref _sealed) || !tls.Established || !SealAndSend(tls))
            {
                return;
            }
        }
        else if (!SendQueue(ref _plain))
        {
            return;
        }

        if (_finishing && !_finished)
        {
            SendFin();
        }
    }

    /// <summary>False: something is left.</summary>
    private bool SealAndSend(TlsLayer tls)
    {
        while (_plain.Length > 0)
        {
            while (_plain.Head is { Length: > 0 } head && tls.Outgoing.Length < SealedPerSendMax)
            {
                int count = tls.Seal(head.Filled);
                if (count <= 0)
                {
                    _connection.Break(IoStatus.TlsFailed);
                    return false;
                }

                _plain.Consume(count, _loop.Blocks);
            }

            SendRecords(tls);
            if (_sealed.Length > 0)
            {
                return false;
            }
        }

        return true;
    }

    private bool SendQueue(ref BlockQueue queue)
    {
        while (queue.Head is { } head)
        {
            int count = head.Next is null ? Send(head.Start + head.Head, head.Length) : SendGathered(head);
            if (count < 0)
            {
                return false;
            }

            queue.Consume(count, _loop.Blocks);
        }

        return true;
    }

    private int SendGathered(Block first)
    {
        Libc.IoVector* vectors = stackalloc Libc.IoVector[VectorsMax];
        int count = 0;
        for (Block? block = first; block is not null && count < VectorsMax; block = block.Next)
        {
            vectors[count++] = new Libc.IoVector { Base = block.Start + block.Head, Length = (nuint)block.Length };
        }

        if (!_isSocket)
        {
            return Settle(Libc.writev(_connection.Fd, vectors, count));
        }

        var message = new Libc.MessageHeader { Vectors = vectors, VectorCount = (nuint)count };
        return Settle(Libc.sendmsg(_connection.Fd, &message, Flags.MSG_DONTWAIT | Flags.MSG_NOSIGNAL));
    }

    private int Send(byte* start, int length) => Settle(_isSocket
        ? Libc.send(_connection.Fd, start, (nuint)length, Flags.MSG_DONTWAIT | Flags.MSG_NOSIGNAL)
        : Libc.write(_connection.Fd, start, (nuint)length));

    private int Settle(nint count)
    {
        if (count >= 0)
        {
            Sent += count;
            _progressMs = _loop.NowMs;
            return (int)count;
        }

        int errno = Errno.Last;
        if (errno == Errno.EAGAIN)
        {
            _writable = false; // the next edge says when
        }
        else if (errno == Errno.EINTR)
        {
            return 0;
        }
        else
        {
            Fail(IoStatus.Reset);
        }

        return -1;
    }

    private void SendFin()
    {
        _finished = true;
        if (_connection.Layer is { } tls)
        {
            tls.SealCloseNotify();
            SendRecords(tls);
        }

        _ = Libc.shutdown(_connection.Fd, Flags.SHUT_WR);
    }
}
