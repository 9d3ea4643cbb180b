using System.Diagnostics.CodeAnalysis;
using System.Net;
using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>
/// One byte stream on a loop, plain or under TLS, with the memory it holds right now. Reading fills <see cref="Input"/>,
/// writing queues bytes that leave in one send at the end of the turn. Used by its loop only.
/// </summary>
/// <remarks>One reader and one flusher wait at a time. While nothing is unread or unsent it holds no block.</remarks>
public sealed unsafe class LoopConnection : IoHandle
{
    private readonly ConnectionWriter _writer;
    private readonly ConnectionTimer _timer;
    private readonly Action _retryFill;
    private readonly bool _isSocket;
    private InputBuffer _input;
    private Action? _reader;
    private Action? _connecter;
    private Action? _peerGone;
    private TlsLayer? _tls;
    private IoStatus _news;
    private IoStatus _end;
    private bool _readable;
    private bool _finSeen;
    private long _turn;
    private int _readsThisTurn;
    private long _readDueMs;

    private LoopConnection(EventLoop loop, int fd, bool isSocket)
        : base(loop)
    {
        Fd = fd;
        _isSocket = isSocket;
        LastReceivedMs = loop.NowMs;
        _writer = new ConnectionWriter(this, isSocket);
        _timer = new ConnectionTimer(this);
        _retryFill = RetryFill;
    }

    /// <summary>More unread bytes than this in one piece are <see cref="IoStatus.Full"/>.</summary>
    public int InputBytesMax { get; set; } = 64 << 10;

    /// <summary>What has arrived and was not consumed. Valid until the next await on this connection.</summary>
    public ReadOnlySpan<byte> Input => _input.Unread;

    public bool IsClosed => Fd < 0;

    /// <summary>Called once when it closes, whoever closes it: gives back what the connection took up.</summary>
    public Action? WhenClosed { get; set; }

    /// <summary>One that was dialled for traffic: when it closes its loop is told, whoever else is.</summary>
    public bool IsUpstream { get; set; }

    /// <summary>Whoever serves it says that nothing is under way: it may be closed without anybody missing an answer.</summary>
    public bool IsResting { get; set; }

    /// <summary>Bytes written that have not left yet.</summary>
    public int UnsentBytes => _writer.Pending;

    public long BytesReceived { get; private set; }

    /// <summary>When bytes last came, or the connection itself, on the loop's clock.</summary>
    public long LastReceivedMs { get; private set; }

    /// <summary>Open, and the peer has said nothing that was not read, not even its end.</summary>
    public bool IsQuiet => Fd >= 0 && _end == IoStatus.Ok && !_readable && !_finSeen && Input.IsEmpty && _writer.Status == IoStatus.Ok;

    public long BytesSent => _writer.Sent;

    /// <summary>What the handshake found out; null on a plain connection and before the handshake is done.</summary>
    public TlsPeer? Tls => _tls?.Peer;

    /// <summary>Why TLS failed, in libssl's words, for logs.</summary>
    public string? TlsError => _tls?.Error;

    public IPEndPoint? LocalAddress => Fd < 0 ? null : Sockets.LocalAddress(Fd);

    public IPEndPoint? RemoteAddress => Fd < 0 ? null : Sockets.RemoteAddress(Fd);

    public IPEndPoint? OriginalDestination(bool ipv6) => Fd < 0 ? null : Sockets.OriginalDestination(Fd, ipv6);

    /// <summary>Takes over a connected stream descriptor: a socket, or a pipe's end. On the loop.</summary>
    public static bool TryOpen(EventLoop loop, int fd, [NotNullWhen(true)] out LoopConnection? connection)
    {
        bool isSocket = Sockets.IsSocket(fd);
        if (isSocket)
        {
            Sockets.DisableNagle(fd);
        }

        connection = Prepare(loop, fd, isSocket);
        return connection.TryWatch();
    }

    /// <summary>Waits until more has arrived than now stands in <see cref="Input"/>.</summary>
    public ReadAwaitable ReadAsync() => new(this);

    /// <summary>Takes bytes off the front of <see cref="Input"/>.</summary>
    public void Consume(int count) => _input.Consume(count);

    /// <summary>From now on a wait for input ends with <see cref="IoStatus.TimedOut"/> after this time; 0: never.</summary>
    public void SetReadDeadline(long milliseconds)
    {
        _readDueMs = milliseconds <= 0 ? 0 : Loop.NowMs + milliseconds;
        EnsureTimer(_readDueMs);
    }

    /// <summary>An <see cref="Output"/> to write to directly, followed by <see cref="Advance"/>.</summary>
    public Span<byte> Output(int bytesMin) => _writer.GetSpan(bytesMin);

    public void Advance(int count) => _writer.Advance(count);

    public void Write(ReadOnlySpan<byte> bytes) => _writer.Write(bytes);

    /// <summary>Writes all of <see cref="Input"/> to another connection of the same loop, and consumes it: much of it without a copy.</summary>
    public void PassTo(LoopConnection other)
    {
        if (_input.DetachFull() is { } block)
        {
            other._writer.Write(block);
            return;
        }

        ReadOnlySpan<byte> input = _input.Unread;
        other.Write(input);
        _input.Consume(input.Length);
    }

    /// <summary>Ready while the peer keeps up; a slow peer makes its producer wait here. Written bytes leave at the end of the turn in any case.</summary>
    public FlushAwaitable FlushAsync() => new(_writer, ConnectionWriter.PendingHigh);

    /// <summary>Waits until everything has been handed to the kernel.</summary>
    public FlushAwaitable DrainAsync() => new(_writer, 0);

    /// <summary>A peer that takes nothing for this long is given up; 0: never.</summary>
    public void SetWriteStall(long milliseconds) => _writer.StallMs = milliseconds;

    /// <summary>Sends our FIN (and close_notify) once everything written has left; reading goes on.</summary>
    public void Finish() => _writer.Finish();

    public void KeepAlive(SocketKeepAlive settings) => Sockets.KeepAlive(Fd, settings);

    /// <summary>Called on the loop once, when the peer is gone while nobody reads; null forgets it.</summary>
    public void WatchPeer(Action? gone)
    {
        _peerGone = gone;
        if (gone is null)
        {
            return;
        }

        _input.ReleaseEmpty(Loop.Blocks); // as for a reader that waits
        if (_finSeen)
        {
            CheckPeer();
        }
    }

    /// <summary>Puts TLS under the connection, as the server. What was already read belongs to the handshake. Goes on at its end.</summary>
    public ReadAwaitable SecureAsServer(TlsContext context) => Secure(TlsLayer.Server(context, Loop.Scratch));

    /// <summary>Puts TLS under the connection, as the client.</summary>
    /// <param name="verifyName">The DNS name the certificate must carry; null where identity is checked otherwise.</param>
    public ReadAwaitable SecureAsClient(TlsContext context, string? serverName, string? verifyName = null) =>
        SecureAsClient(context, new TlsServerNames(serverName, verifyName));

    /// <summary>The same, going on with an earlier session where there is one.</summary>
    public ReadAwaitable SecureAsClient(TlsContext context, in TlsServerNames names) => Secure(TlsLayer.Client(context, Loop.Scratch, names));

    /// <summary>Sends what the kernel takes now and closes. Waiters end with <see cref="IoStatus.Closed"/>.</summary>
    public void Close()
    {
        if (Fd >= 0)
        {
            _writer.FlushBeforeClose();
            Release();
        }
    }

    /// <summary>Closes with a reset: the peer must not take what it got for the whole.</summary>
    public void Abort()
    {
        if (Fd >= 0)
        {
            Sockets.ResetOnClose(Fd);
            Release();
        }
    }

    internal static LoopConnection Prepare(EventLoop loop, int fd, bool isSocket) => new(loop, fd, isSocket);

    internal bool TryWatch()
    {
        if (!Loop.Watch(this))
        {
            _ = Libc.close(Fd);
            Fd = -1;
            return false;
        }

        Loop.Opened();
        return true;
    }

    internal TlsLayer? Layer => _tls;

    internal void OnConnected(Action continuation) => _connecter = continuation;

    internal override void OnEvents(uint events)
    {
        if (_connecter is { } connecter)
        {
            _connecter = null;
            Loop.Resume(connecter);
        }

        if ((events & (Flags.EPOLLIN | Flags.EPOLLRDHUP | Flags.EPOLLHUP | Flags.EPOLLERR)) != 0)
        {
            _readable = true;
            _finSeen |= (events & (Flags.EPOLLRDHUP | Flags.EPOLLHUP | Flags.EPOLLERR)) != 0;
            if (_reader is not null)
            {
                RetryFill();
            }
            else if (_finSeen && _peerGone is not null)
            {
                CheckPeer();
            }
        }

        if ((events & (Flags.EPOLLOUT | Flags.EPOLLHUP | Flags.EPOLLERR)) != 0)
        {
            _writer.OnWritable();
        }
    }

    internal void FlushTurn() => _writer.FlushTurn();

    internal bool TryReadNow()
    {
        if (_end != IoStatus.Ok)
        {
            _news = _end;
            return true;
        }

        if (!_readable && _tls is not { HasMore: true })
        {
            _input.ReleaseEmpty(Loop.Blocks);
            return false;
        }

        if (_turn != Loop.Turn)
        {
            _turn = Loop.Turn;
            _readsThisTurn = 0;
        }

        return ++_readsThisTurn <= Loop.Limits.ReadsPerTurnMax && Fill();
    }

    internal void OnRead(Action continuation)
    {
        if (_reader is not null)
        {
            throw new InvalidOperationException("A connection has one reader at a time.");
        }

        _reader = continuation;
        if (_readable || _tls is { HasMore: true })
        {
            Loop.Defer(_retryFill); // over its budget: the rest is taken up in the next turn
        }
    }

    internal IoStatus TakeNews() => _news;

    internal void EnsureTimer(long dueMs)
    {
        if (dueMs > 0 && (!_timer.IsScheduled || _timer.DueMs > dueMs + TimerWheel.TickMs))
        {
            Loop.Schedule(_timer, dueMs - Loop.NowMs);
        }
    }

    /// <summary>The stream is broken in both directions; the first reason stays.</summary>
    internal void Break(IoStatus status)
    {
        if (_end == IoStatus.Ok)
        {
            _end = status;
        }

        WakeReader(_end);
        _writer.Fail(status);
    }

    private ReadAwaitable Secure(TlsLayer layer)
    {
        _tls = layer;
        _tls.Keep(_input.Detach());
        _readable = true; // the handshake's first step does not wait for an event
        return new ReadAwaitable(this);
    }

    private void OnTimer()
    {
        long next = 0;
        if (_readDueMs > 0 && _reader is not null)
        {
            if (_readDueMs <= Loop.NowMs)
            {
                WakeReader(IoStatus.TimedOut);
            }
            else
            {
                next = _readDueMs;
            }
        }

        long stall = _writer.CheckStall();
        next = next == 0 ? stall : stall == 0 ? next : Math.Min(next, stall);
        EnsureTimer(next);
    }

    private void RetryFill()
    {
        if (_reader is null || Fd < 0)
        {
            return;
        }

        if (_end != IoStatus.Ok)
        {
            WakeReader(_end);
        }
        else if (Fill())
        {
            WakeReader(_news);
        }
        else if (_readable)
        {
            Loop.Defer(_retryFill);
        }
    }

    private void CheckPeer()
    {
        bool news = _end != IoStatus.Ok || Fill();
        if (news && _end != IoStatus.Ok && Input.IsEmpty && _peerGone is { } gone)
        {
            _peerGone = null;
            Loop.Resume(gone);
        }
    }

    private void WakeReader(IoStatus news)
    {
        if (_reader is { } reader)
        {
            _reader = null;
            _news = news;
            Loop.Resume(reader);
        }
    }

    /// <summary>One read. True: the reader has news.</summary>
    private bool Fill()
    {
        if (_tls is not null)
        {
            return FillTls(_tls);
        }

        if (!_input.TryMakeRoom(Loop.Blocks, InputBytesMax, out Block? input, out IoStatus failure))
        {
            _news = failure;
            return failure == IoStatus.Full || End(failure);
        }

        int count = Receive(input.Start + input.Tail, input.Free);
        if (count <= 0)
        {
            _input.ReleaseEmpty(Loop.Blocks);
            return count == 0 && End(IoStatus.End);
        }

        input.Tail += count;
        _news = IoStatus.Ok;
        return true;
    }

    /// <summary>Bytes read; 0 at the peer's FIN or a reset; -1 when nothing is there.</summary>
    internal int Receive(byte* buffer, int room)
    {
        nint count = _isSocket ? Libc.recv(Fd, buffer, (nuint)room, Flags.MSG_DONTWAIT) : Libc.read(Fd, buffer, (nuint)room);
        if (count > 0)
        {
            // A short read has emptied the socket (epoll(7), Q9), unless a FIN follows: that one makes no further edge.
            _readable = count == room || _finSeen;
            BytesReceived += count;
            LastReceivedMs = Loop.NowMs;
            return (int)count;
        }

        if (count == 0)
        {
            return 0;
        }

        switch (Errno.Last)
        {
            case Errno.EAGAIN or Errno.EINTR:
                _readable = false;
                return -1;
            case Errno.EPIPE:
                return 0; // its FIN came before its reset, which answers what we sent to somebody who had closed: all it said is read
            default:
                _end = IoStatus.Reset;
                return 0;
        }
    }

    private bool FillTls(TlsLayer tls)
    {
        TlsProgress progress = tls.Fill(this, ref _input);
        _writer.SendRecords(tls);
        switch (progress)
        {
            case TlsProgress.Established:
                _writer.Established();
                _news = IoStatus.Ok;
                return true;
            case TlsProgress.Data:
                _news = IoStatus.Ok;
                return true;
            case TlsProgress.Full:
                _news = IoStatus.Full;
                return true;
            case TlsProgress.NoMemory:
                return End(IoStatus.NoMemory);
            case TlsProgress.CloseNotify:
                return End(IoStatus.End);
            case TlsProgress.Truncated:
                return End(IoStatus.Reset);
            case TlsProgress.Failed:
                _writer.Fail(IoStatus.TlsFailed);
                return End(IoStatus.TlsFailed);
            default:
                _input.ReleaseEmpty(Loop.Blocks);
                return false;
        }
    }

    private bool End(IoStatus status)
    {
        if (_end == IoStatus.Ok)
        {
            _end = status;
        }

        if (_end == IoStatus.Reset)
        {
            _writer.Fail(IoStatus.Reset);
        }

        _news = _end;
        return true;
    }

    private void Release()
    {
        Loop.Unwatch(this);
        _ = Libc.close(Fd);
        Fd = -1;
        _end = IoStatus.Closed;
        _peerGone = null;
        Loop.Cancel(_timer);
        _input.Release(Loop.Blocks);
        _tls?.Free(Loop.Blocks);
        _writer.Release();
        WakeReader(IoStatus.Closed);
        if (_connecter is { } connecter)
        {
            _connecter = null;
            Loop.Resume(connecter);
        }

        Loop.Closed(IsUpstream);
        WhenClosed?.Invoke();
    }

    private sealed class ConnectionTimer(LoopConnection connection) : LoopTimer
    {
        protected internal override void OnExpired() => connection.OnTimer();
    }
}
