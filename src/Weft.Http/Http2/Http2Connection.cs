using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http2;

namespace Weft.Http.Http2;

/// <summary>
/// One HTTP/2 connection, as client or as server (RFC 9113), over a connection of the transport that it owns from then
/// on. Used by its loop only.
/// </summary>
/// <remarks><see cref="Http2Receiver"/> reads frames and decides, <see cref="Http2Sender"/> writes; here are the streams and the connection's life.</remarks>
public sealed class Http2Connection
{
    /// <summary>Streams that we reset are remembered for a while: the peer's frames may have crossed ours (§5.1).</summary>
    private const int ResetIdsMax = 64;

    /// <summary>A client that answers no PING for so long has had the time to read what stood before it.</summary>
    private const long LeavePatienceMs = 1_000;

    private readonly LoopConnection _io;
    private readonly Http2Receiver _receiver;
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly Action<Http2Stream>? _accept;
    private readonly Http2StreamPool? _pool;
    private readonly IdleTimer? _idle;
    private readonly int[] _resetIds = new int[ResetIdsMax];
    private FloodGuard _resets;
    private int _nextId;
    private int _resetCount;
    private bool _isGoingAway;
    private bool _pingPending;
    private long _idleSinceMs;
    private Leaving? _leaving;

    private Http2Connection(EventLoop loop, LoopConnection io, Http2Limits limits, Action<Http2Stream>? accept, Http2StreamPool? pool)
    {
        _pool = pool;
        Loop = loop;
        Limits = limits;
        _io = io;
        _accept = accept;
        _resets = new FloodGuard(limits.ResetsBurst, limits.ResetsPerSecond);
        _nextId = IsServer ? 2 : 1;
        Sender = new Http2Sender(loop, io, limits) { Ended = Forget };
        _receiver = new Http2Receiver(this);
        Ended = new LoopSignal(loop);
        OpenedMs = loop.NowMs;
        _idle = IsServer && limits.IdleMs > 0 ? new IdleTimer(this) : null;
    }

    private static ReadOnlySpan<byte> LeaveMark => "weftleav"u8;

    public EventLoop Loop { get; }

    public Http2Limits Limits { get; }

    /// <summary>Set once the connection is over; all its streams have failed or ended.</summary>
    public LoopSignal Ended { get; }

    /// <summary>Why it is over; None for an orderly end.</summary>
    public Fault Failure { get; private set; }

    /// <summary>With a <see cref="Failure"/>: the code of the GOAWAY that was sent or received.</summary>
    public Http2ErrorCode ErrorCode { get; private set; }

    public bool IsServer => _accept is not null;

    public int StreamCount => _streams.Count;

    /// <summary>When it began, on the loop's clock.</summary>
    public long OpenedMs { get; }

    /// <summary>Streams it has carried, those that are open included.</summary>
    public long StreamsOpened { get; private set; }

    /// <summary>What is under it: its peer's identity and addresses.</summary>
    public LoopConnection Transport => _io;

    /// <summary>Whether a client may open another stream now.</summary>
    public bool CanOpen => !IsServer && !Ended.IsSet && !_isGoingAway && _streams.Count < PeerStreamsMax && _nextId > 0;

    internal Http2Sender Sender { get; }

    internal int PeerStreamsMax { get; set; } = int.MaxValue;

    /// <summary>The peer's first SETTINGS came.</summary>
    internal bool HasPeerSettings { get; private set; }

    /// <summary>SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 §3): once said it stays.</summary>
    internal bool PeerTakesConnectProtocol { get; set; }

    /// <summary>The highest id the peer opened.</summary>
    internal int LastPeerStreamId { get; set; }

    /// <param name="pool">Where streams come from and go to; null: each is made anew.</param>
    public static Http2Connection Client(EventLoop loop, LoopConnection io, Http2Limits limits, Http2StreamPool? pool = null) =>
        Start(new Http2Connection(loop, io, limits, null, pool));

    /// <param name="accept">Called with each new stream, its head read; it starts the work and returns.</param>
    public static Http2Connection Server(EventLoop loop, LoopConnection io, Http2Limits limits, Action<Http2Stream> accept, Http2StreamPool? pool = null) =>
        Start(new Http2Connection(loop, io, limits, accept, pool));

    /// <summary>Opens a stream; its head is written at once, since ids go up on the wire. Null: see <see cref="CanOpen"/>.</summary>
    public Http2Stream? TryOpen()
    {
        if (!CanOpen)
        {
            return null;
        }

        Http2Stream stream = Add(_nextId);
        _nextId = _nextId > int.MaxValue - 2 ? -1 : _nextId + 2; // §5.1.1: when ids run out, another connection
        return stream;
    }

    /// <summary>Opens a stream with its head. Null: see <see cref="CanOpen"/>.</summary>
    public Http2Stream? TryOpen(HeaderList head, bool isEnd)
    {
        Http2Stream? stream = TryOpen();
        stream?.WriteHead(head, isEnd);
        return stream;
    }

    /// <summary>Takes no new streams, lets those that are open end, then closes (§6.8).</summary>
    public void Shutdown()
    {
        if (!_isGoingAway && !Ended.IsSet)
        {
            _isGoingAway = true;
            Sender.GoAway(LastPeerStreamId, Http2ErrorCode.NoError);
            CloseWhenIdle();
        }
    }

    /// <summary>
    /// A server takes leave in two steps (§6.8): it says so without refusing anything, and refuses once the client's answer to a PING shows that it
    /// knows. What the client had sent by then is served, so that no request meets a closed door.
    /// </summary>
    public void Leave()
    {
        if (_leaving is null && !_isGoingAway && !Ended.IsSet)
        {
            _leaving = new Leaving(this);
            Sender.GoAway(int.MaxValue, Http2ErrorCode.NoError);
            Sender.Ping(LeaveMark, isAck: false);
            Loop.Schedule(_leaving, LeavePatienceMs);
        }
    }

    /// <summary>Ends it at once; every open stream fails.</summary>
    public void Abort(Fault fault) => Fail(Http2ErrorCode.Cancel, fault);

    internal bool TryGetStream(int id, out Http2Stream stream) => _streams.TryGetValue(id, out stream!);

    /// <summary>Whether the id was never opened: by the peer, or by us.</summary>
    internal bool IsIdle(int id) => IsOurs(id) ? _nextId > 0 && id >= _nextId : id > LastPeerStreamId;

    internal bool IsOurs(int id) => (id & 1) == (IsServer ? 0 : 1);

    internal bool WasReset(int id) => _resetIds.AsSpan().Contains(id);

    /// <summary>It takes no new streams, and ends with those that are open.</summary>
    internal bool IsGoingAway => _isGoingAway;

    internal bool IsRefusing => _isGoingAway || _streams.Count >= (Loop.Overload >= OverloadStep.CloseConnections ? Limits.StreamsUnderPressure : Limits.StreamsMax);

    internal Http2Stream Add(int id)
    {
        Http2Stream stream = _pool?.TryTake(this, id, Sender.StreamWindow) ?? new Http2Stream(this, id, Sender.StreamWindow);
        _streams.Add(id, stream);
        StreamsOpened++;
        return stream;
    }

    internal void Accept(Http2Stream stream) => _accept?.Invoke(stream);

    /// <summary>The stream's memory may serve another one, once nothing of it is under way.</summary>
    internal void Reclaim(Http2Stream stream)
    {
        if (stream.IsFree)
        {
            stream.OnReclaimed();
            _pool?.Return(stream);
        }
    }

    internal void EndHead(Http2Stream stream, bool isEnd)
    {
        stream.IsHeadWritten = true;
        Sender.EndHead(stream.Id, isEnd);
        if (isEnd)
        {
            stream.IsFinished = true;
            stream.EndSent = true;
            Forget(stream);
        }
    }

    internal void WriteTrailers(Http2Stream stream, HeaderList fields)
    {
        if (stream.Failure == Fault.None && !stream.IsFinished)
        {
            Sender.ContentTrailers(stream, fields);
        }
    }

    internal void Write(Http2Stream stream, ReadOnlySpan<byte> content, bool isEnd)
    {
        if (stream.Failure == Fault.None && !stream.IsFinished)
        {
            Sender.Content(stream, content, isEnd);
        }
    }

    internal void ResetStream(Http2Stream stream, Http2ErrorCode code, Fault fault)
    {
        if (stream.IsClosed)
        {
            stream.ReleaseInput();
            return;
        }

        if (IsServer || stream.IsHeadWritten)
        {
            Remember(stream.Id);
            Sender.ResetStream(stream.Id, code); // of a stream that it never heard of it would end the connection (§5.1)
        }

        stream.Fail(fault, code, isUnprocessed: false);
        stream.ReleaseInput();
        Remove(stream);
    }

    /// <summary>The peer broke a rule on one stream (§5.4.2).</summary>
    internal void OnStreamError(Http2Stream? stream, int id, Http2ErrorCode code)
    {
        if (!TakeReset())
        {
            return;
        }

        Remember(id);
        Sender.ResetStream(id, code);
        if (stream is not null)
        {
            stream.Fail(IsServer ? Fault.ClientMalformed : Fault.UpstreamMalformed, code, isUnprocessed: false);
            Remove(stream);
        }
    }

    /// <summary>RST_STREAM arrived (§6.4).</summary>
    internal void OnReset(Http2Stream stream, Http2ErrorCode code)
    {
        // §8.1: a server that does not want the rest of a request says NO_ERROR behind its whole response.
        bool isHarmless = code is Http2ErrorCode.NoError && stream.IsEnded;
        if (isHarmless)
        {
            stream.IsFinished = stream.EndSent = true;
            stream.Output.Release();
            stream.OnSent();
        }
        else
        {
            stream.Fail(IsServer ? Fault.ClientClosed : Fault.UpstreamReset, code, code is Http2ErrorCode.RefusedStream);
        }

        Remove(stream);
        if (IsServer)
        {
            _ = TakeReset(); // rapid reset (CVE-2023-44487): work begun and thrown away costs us, not them
        }
    }

    /// <summary>GOAWAY arrived (§6.8).</summary>
    internal void OnGoAway(int lastStreamId, Http2ErrorCode code)
    {
        _isGoingAway = true;
        foreach (Http2Stream stream in _streams.Values.Where(s => IsOurs(s.Id) && s.Id > lastStreamId).ToArray())
        {
            stream.Fail(Fault.UpstreamReset, code, isUnprocessed: true);
            Remove(stream);
        }

        ErrorCode = code;
        CloseWhenIdle();
    }

    internal void OnEnd(Http2Stream stream)
    {
        stream.OnEnd();
        Forget(stream);
    }

    internal void OnSettings()
    {
        if (!HasPeerSettings)
        {
            HasPeerSettings = true;
            foreach (Http2Stream stream in _streams.Values)
            {
                stream.OnSettings();
            }
        }
    }

    internal void OnPingAck(ReadOnlySpan<byte> content)
    {
        _pingPending = false;
        if (_leaving is { IsScheduled: true } leaving && content.SequenceEqual(LeaveMark))
        {
            Loop.Cancel(leaving);
            Shutdown();
        }
    }

    /// <summary>§6.9.2: a new initial window moves those of all open streams. False: one of them overflows.</summary>
    internal bool TrySetStreamWindow(int window)
    {
        int change = window - Sender.StreamWindow;
        Sender.StreamWindow = window;
        foreach (Http2Stream stream in _streams.Values)
        {
            if (!Sender.TryGrow(stream, change))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Ends the connection for an error of the peer's (§5.4.1), or because it is gone.</summary>
    internal void Fail(Http2ErrorCode code, Fault fault)
    {
        if (Ended.IsSet)
        {
            return;
        }

        Failure = fault;
        ErrorCode = code;
        if (!_io.IsClosed)
        {
            Sender.GoAway(LastPeerStreamId, code);
        }

        End();
    }

    private static Http2Connection Start(Http2Connection connection)
    {
        connection.Sender.Preface(connection.IsServer);
        connection.WatchIdle();
        connection.Loop.Supervise(connection.RunAsync(), "http2-read");
        connection.Loop.Supervise(connection.Sender.RunAsync(), "http2-write");
        return connection;
    }

    private async LoopTask RunAsync()
    {
        while (!Ended.IsSet)
        {
            int consumed = _receiver.Read(_io.Input);
            if (Ended.IsSet)
            {
                return;
            }

            _io.Consume(consumed);
            _io.SetReadDeadline(_pingPending ? Limits.KeepAliveTimeoutMs : Limits.KeepAliveMs);
            IoStatus status = await _io.ReadAsync();
            if (status is IoStatus.TimedOut && !_pingPending)
            {
                _pingPending = true;
                Sender.Ping("weftping"u8, isAck: false);
            }
            else if (status is not IoStatus.Ok)
            {
                OnGone(status);
            }
        }
    }

    /// <summary>A PING is no reason to keep a connection (RFC 9113 §9.1): only a stream is.</summary>
    private void WatchIdle()
    {
        if (_idle is not null && !Ended.IsSet)
        {
            _idleSinceMs = _idleSinceMs == 0 ? Loop.NowMs : _idleSinceMs;
            long left = StreamCount > 0 ? Limits.IdleMs : _idleSinceMs + Limits.IdleMs - Loop.NowMs;
            if (left > 0)
            {
                Loop.Schedule(_idle, left);
                return;
            }

            Shutdown();
        }
    }

    private void OnGone(IoStatus status)
    {
        bool isOrderly = status is IoStatus.End && _streams.Count == 0;
        if (isOrderly && !Ended.IsSet)
        {
            End();
            return;
        }

        Fail(Http2ErrorCode.NoError, IsServer ? status.AsClientFault() : status.AsUpstreamFault());
    }

    private void End()
    {
        _isGoingAway = true;
        Ended.Set();
        if (_idle is not null)
        {
            Loop.Cancel(_idle);
        }

        Sender.Close();
        foreach (Http2Stream stream in _streams.Values.ToArray())
        {
            stream.IsOpen = false;
            stream.Fail(Failure != Fault.None ? Failure : IsServer ? Fault.ClientClosed : Fault.UpstreamReset, ErrorCode, isUnprocessed: false);
        }

        _streams.Clear();
        _io.Close();
    }

    private void Remember(int id) => _resetIds[_resetCount++ % ResetIdsMax] = id;

    private bool TakeReset()
    {
        if (_resets.TryTake(Loop.NowMs))
        {
            return true;
        }

        Fail(Http2ErrorCode.EnhanceYourCalm, IsServer ? Fault.ClientMalformed : Fault.UpstreamMalformed);
        return false;
    }

    /// <summary>Takes a stream out once both sides have ended it; its memory serves another once nobody looks at it.</summary>
    private void Forget(Http2Stream stream)
    {
        if (stream.IsClosed)
        {
            Remove(stream);
        }
        else if (stream.IsAbandoned)
        {
            ResetStream(stream, Http2ErrorCode.NoError, Fault.ClientClosed); // §8.1: the rest of the request is not wanted
        }

        Reclaim(stream);
    }

    private void Remove(Http2Stream stream)
    {
        if (_streams.Remove(stream.Id))
        {
            _idleSinceMs = Loop.NowMs; // counts from the last one's end
            stream.IsOpen = false;
            CloseWhenIdle();
            Reclaim(stream);
        }
    }

    private void CloseWhenIdle()
    {
        if (_isGoingAway && _streams.Count == 0 && !Ended.IsSet)
        {
            End();
        }
    }

    private sealed class IdleTimer(Http2Connection connection) : LoopTimer
    {
        protected override void OnExpired() => connection.WatchIdle();
    }

    private sealed class Leaving(Http2Connection connection) : LoopTimer
    {
        protected override void OnExpired() => connection.Shutdown();
    }
}
