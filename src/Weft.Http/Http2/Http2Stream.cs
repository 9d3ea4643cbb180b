using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Http.Http2;

/// <summary>
/// One request and its response (RFC 9113 §5). One reader and one writer use it at a time, on its connection's loop only.
/// What was received is bounded by its window, what waits to be sent by <see cref="FlushAsync"/>.
/// </summary>
/// <remarks>Its memory serves one stream after the other: whoever got it gives it back by <see cref="Release"/>.</remarks>
public sealed class Http2Stream
{
    private readonly LoopSignal _received;
    private readonly LoopSignal _sent;
    private readonly ReadTimer _timer;
    private readonly StallTimer _stallTimer;
    private readonly Action _notify;
    private StreamBuffer _input;
    private Queue<HeaderList>? _interims;
    private HeaderList? _ownTrailers;
    private Action? _gone;
    private int _unacknowledged;
    private long _readDueMs;
    private long _stallDueMs;
    private bool _isReading;
    private bool _hasTimedOut;
    private bool _isReleased;

    internal Http2Stream(Http2Connection connection, int id, int sendWindow)
    {
        _received = new LoopSignal(connection.Loop);
        _sent = new LoopSignal(connection.Loop);
        _timer = new ReadTimer(this);
        _stallTimer = new StallTimer(this);
        _notify = Notify;
        Connection = connection;
        Begin(connection, id, sendWindow);
    }

    public int Id { get; private set; }

    /// <summary>The peer's head, valid once <see cref="HasHead"/>.</summary>
    public HeaderList Fields { get; } = new();

    /// <summary>What its pseudo-header fields say.</summary>
    public Http2Head Head { get; internal set; }

    public bool HasHead { get; private set; }

    /// <summary>A 1xx head stands in <see cref="TakeInterim"/>.</summary>
    public bool HasInterim => _interims is { Count: > 0 };

    /// <summary>The fields behind the content, empty when there were none; valid once <see cref="IsEnded"/>.</summary>
    public HeaderList Trailers { get; } = new();

    /// <summary>The peer sent END_STREAM. Bytes may still stand in <see cref="Input"/>.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Why it ended before its time; None while it has not.</summary>
    public Fault Failure { get; private set; }

    /// <summary>With a <see cref="Failure"/>: the code that was sent or received.</summary>
    public Http2ErrorCode ErrorCode { get; private set; }

    /// <summary>With a <see cref="Failure"/>: the peer said that it did nothing with it (REFUSED_STREAM, or beyond GOAWAY's id): safe to send again.</summary>
    public bool IsUnprocessed { get; private set; }

    /// <summary>Content that has arrived and was not consumed. Valid until the next await.</summary>
    public ReadOnlySpan<byte> Input => _input.Filled;

    /// <summary>Our END_STREAM was written.</summary>
    public bool IsFinished { get; internal set; }

    internal StreamBuffer Output;

    internal Http2Connection Connection { get; private set; }

    internal EventLoop Loop => Connection.Loop;

    internal int SendWindow { get; set; }

    internal int ReceiveWindow { get; private set; }

    /// <summary>Our head was written: until then the peer does not know of a stream that we opened.</summary>
    internal bool IsHeadWritten { get; set; }

    internal bool EndSent { get; set; }

    internal bool IsQueued { get; set; }

    /// <summary>In its connection's table: frames of the peer's may reach it.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>Waits behind <see cref="Output"/>; the caller leaves it alone from then on.</summary>
    internal HeaderList? QueuedTrailers { get; set; }

    /// <summary>Set by a client that asks by HEAD: the response's length is not that of its content.</summary>
    public bool IsHeadRequest { get; set; }

    /// <summary>RFC 9110 §6.4.1: a Content-Length here tells of another response's content.</summary>
    internal bool IsBodiless => IsHeadRequest || Head.Status == 304;

    /// <summary>Content bytes that came and that were written.</summary>
    public long ReceivedBytes { get; private set; }

    public long SentBytes { get; internal set; }

    internal bool IsClosed => Failure != Fault.None || (IsEnded && EndSent);

    /// <summary>The whole answer has left, nobody looks at the request any more, and more of it may come.</summary>
    internal bool IsAbandoned => _isReleased && EndSent && Connection.IsServer;

    /// <summary>Nobody looks at it any more, and nothing of it is under way.</summary>
    internal bool IsFree => _isReleased && !IsOpen && !IsQueued && !_isReading;

    /// <summary>Waits for the peer's head, or an interim one before it. Not None: see <see cref="Failure"/>, or the deadline passed.</summary>
    public async LoopTask<Fault> ReadHeadAsync()
    {
        while (!HasHead && !HasInterim && Failure == Fault.None)
        {
            if (!await WhenReceived())
            {
                return TimedOut;
            }
        }

        return HasHead || HasInterim ? Fault.None : Failure;
    }

    /// <summary>Waits for anything of the peer's on this stream. False: the deadline passed.</summary>
    internal ReceivedAwaitable WhenReceived() => new(this);

    /// <summary>Waits until more content stands in <see cref="Input"/> than now, or the stream ended. Not None: see <see cref="Failure"/>, or the deadline passed.</summary>
    public async LoopTask<Fault> ReadAsync()
    {
        int before = _input.Length;
        while (_input.Length == before && !IsEnded && Failure == Fault.None)
        {
            if (!await WhenReceived())
            {
                return TimedOut;
            }
        }

        return Failure;
    }

    /// <summary>From now on a wait for the peer ends after this time; 0: never.</summary>
    public void SetReadDeadline(long milliseconds)
    {
        _readDueMs = milliseconds <= 0 ? 0 : Loop.NowMs + milliseconds;
        if (_readDueMs != 0 && !_timer.IsDueBy(_readDueMs))
        {
            Loop.Schedule(_timer, milliseconds);
        }
    }

    /// <summary>Calls back once, on the loop, when the stream fails; null forgets it.</summary>
    public void Watch(Action? gone)
    {
        _gone = gone;
        if (gone is not null && Failure != Fault.None)
        {
            Loop.Resume(_notify);
        }
    }

    /// <summary>Takes bytes off the front of <see cref="Input"/> and lets the peer send as many more.</summary>
    public void Consume(int count)
    {
        _input.Consume(count);
        if (!IsEnded && Failure == Fault.None)
        {
            Credit(count);
        }
    }

    private void Credit(int count)
    {
        // It goes back in pieces of a quarter window: a frame for each read would cost more than it carries.
        _unacknowledged += count;
        if (_unacknowledged >= Connection.Limits.StreamWindowBytes / 4)
        {
            ReceiveWindow += _unacknowledged;
            Connection.Sender.WindowUpdate(Id, _unacknowledged);
            _unacknowledged = 0;
        }
    }

    /// <summary>The oldest 1xx head that nobody has taken.</summary>
    public HeaderList TakeInterim() => (_interims ?? throw new InvalidOperationException("There is no interim head.")).Dequeue();

    /// <summary>Begins a head; <see cref="WriteField"/> follows at once, and <see cref="EndHead"/> ends it. False: the stream is over, nothing may be written.</summary>
    public bool TryBeginHead()
    {
        bool canSend = Failure == Fault.None && !IsFinished;
        if (canSend)
        {
            Connection.Sender.BeginHead();
        }

        return canSend;
    }

    /// <param name="name">In lower case; pseudo-header fields first.</param>
    public void WriteField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool neverIndexed = false) =>
        Connection.Sender.Field(name, value, neverIndexed);

    /// <summary>Sends the head. Once per stream, interim heads aside.</summary>
    public void EndHead(bool isEnd) => Connection.EndHead(this, isEnd);

    /// <summary>Sends a head that stands in a list.</summary>
    public void WriteHead(HeaderList fields, bool isEnd)
    {
        if (!TryBeginHead())
        {
            return;
        }

        for (int i = 0; i < fields.Count; i++)
        {
            WriteField(fields.Name(i), fields.Value(i), fields.IsNeverIndexed(i));
        }

        EndHead(isEnd);
    }

    /// <summary>Sends the fields behind the content, after all of it. The list is the stream's until then.</summary>
    public void WriteTrailers(HeaderList fields) => Connection.WriteTrailers(this, fields);

    /// <summary>Ends our side, with field lines behind the content if there are any.</summary>
    public void End(ReadOnlySpan<byte> trailerLines)
    {
        if (trailerLines.IsEmpty)
        {
            Write(default, isEnd: true);
            return;
        }

        _ownTrailers ??= new HeaderList();
        _ownTrailers.Clear();
        foreach (FieldLines.Line line in new FieldLines(trailerLines))
        {
            _ownTrailers.Add(line.LowerName, line.Value);
        }

        WriteTrailers(_ownTrailers);
    }

    /// <summary>Queues content, in order; it leaves as the windows allow.</summary>
    public void Write(ReadOnlySpan<byte> content, bool isEnd) => Connection.Write(this, content, isEnd);

    /// <summary>Waits until few enough bytes wait to be sent. False: see <see cref="Failure"/>.</summary>
    public async LoopTask<bool> FlushAsync()
    {
        while (Output.Length > Connection.Limits.StreamUnsentBytesMax && Failure == Fault.None)
        {
            _sent.Reset();
            await _sent;
        }

        return Failure == Fault.None;
    }

    /// <summary>Waits until everything stands on the connection: from there only its end keeps it from the peer. False: see <see cref="Failure"/>.</summary>
    public async LoopTask<bool> DrainAsync()
    {
        while ((Output.Length > 0 || IsFinished != EndSent) && Failure == Fault.None)
        {
            _sent.Reset();
            await _sent;
        }

        return Failure == Fault.None;
    }

    /// <summary>Ends it at once in both directions. Nothing happens when it is over already.</summary>
    public void Reset(Http2ErrorCode code) => Connection.ResetStream(this, code, code is Http2ErrorCode.Cancel ? Fault.ClientClosed : Fault.Internal);

    /// <summary>The caller is done with it: content that still waits is sent, then its memory serves another stream.</summary>
    public void Release()
    {
        _gone = null;
        _readDueMs = 0;
        _isReleased = true;
        _input.Shrink();
        Connection.Reclaim(this);
    }

    /// <summary>It went to the pool.</summary>
    internal void OnReclaimed() => _isReleased = false;

    internal void Begin(Http2Connection connection, int id, int sendWindow)
    {
        Connection = connection;
        Id = id;
        SendWindow = sendWindow;
        ReceiveWindow = connection.Limits.StreamWindowBytes;
        IsOpen = true;
        _isReleased = false;
        HasHead = IsEnded = IsFinished = EndSent = IsUnprocessed = IsHeadRequest = IsHeadWritten = false;
        Failure = Fault.None;
        ErrorCode = Http2ErrorCode.NoError;
        Head = default;
        ReceivedBytes = SentBytes = 0;
        _stallDueMs = 0;
        _unacknowledged = 0;
        QueuedTrailers = null;
        Fields.Clear();
        Trailers.Clear();
        _interims?.Clear();
    }

    /// <summary>The server's first settings came, which somebody may wait for before the head is written.</summary>
    internal void OnSettings() => _received.Set();

    internal void OnHead()
    {
        HasHead = true;
        _received.Set();
    }

    /// <summary>The list's fields are a 1xx head.</summary>
    internal void OnInterim()
    {
        _interims ??= new Queue<HeaderList>();
        if (_interims.Count < Connection.Limits.InterimHeadsMax)
        {
            var copy = new HeaderList();
            for (int i = 0; i < Fields.Count; i++)
            {
                copy.Add(Fields.Name(i), Fields.Value(i));
            }

            _interims.Enqueue(copy);
            _received.Set();
        }
    }

    /// <summary>False: the peer sent more than it was allowed (§6.9).</summary>
    internal bool TryTake(ReadOnlySpan<byte> content, int windowBytes)
    {
        ReceiveWindow -= windowBytes;
        if (ReceiveWindow < 0)
        {
            return false;
        }

        ReceivedBytes += content.Length;
        _unacknowledged += windowBytes - content.Length; // padding is read as it comes
        if (_isReleased)
        {
            Credit(content.Length); // the client may read our answer only behind its own last byte
        }
        else
        {
            _input.Append(content);
            _received.Set();
        }

        return true;
    }

    internal void OnEnd()
    {
        IsEnded = true;
        _received.Set();
    }

    /// <summary>Content waits for its turn or for room.</summary>
    internal void OnWaiting()
    {
        if (_stallDueMs == 0 && Connection.Limits.StreamStallMs > 0)
        {
            _stallDueMs = Loop.NowMs + Connection.Limits.StreamStallMs;
            if (!_stallTimer.IsDueBy(_stallDueMs))
            {
                Loop.Schedule(_stallTimer, Connection.Limits.StreamStallMs);
            }
        }
    }

    internal void OnSent()
    {
        _stallDueMs = 0;
        if (Output.Length > 0)
        {
            OnWaiting();
        }

        if (Output.Length <= Connection.Limits.StreamUnsentBytesMax / 2)
        {
            _sent.Set();
        }
    }

    internal void Fail(Fault fault, Http2ErrorCode code, bool isUnprocessed)
    {
        if (Failure != Fault.None)
        {
            return;
        }

        Failure = fault;
        ErrorCode = code;
        IsUnprocessed = isUnprocessed;
        Output.Release();
        _received.Set();
        _sent.Set();
        if (_gone is not null)
        {
            Loop.Resume(_notify);
        }
    }

    /// <summary>Nobody reads it any more.</summary>
    internal void ReleaseInput() => _input.Release();

    internal Fault TimedOut => Connection.IsServer ? Fault.ClientTimedOut : Fault.UpstreamTimedOut;

    /// <remarks>Whoever forgot the watch in this turn, or serves another request with the stream by now, must not be called.</remarks>
    private void Notify()
    {
        if (Failure != Fault.None && _gone is { } gone)
        {
            _gone = null;
            gone();
        }
    }

    private void OnTimer()
    {
        if (_readDueMs == 0)
        {
            return;
        }

        if (_readDueMs > Loop.NowMs)
        {
            Loop.Schedule(_timer, _readDueMs - Loop.NowMs);
        }
        else if (_isReading)
        {
            _hasTimedOut = true;
            _received.Set();
        }
    }

    /// <summary>Begins a wait for the peer. True: it is over already, the deadline has passed.</summary>
    internal bool BeginReceive()
    {
        _hasTimedOut = _readDueMs != 0 && _readDueMs <= Loop.NowMs;
        _received.Reset();
        return _hasTimedOut;
    }

    internal void OnReceived(Action continuation)
    {
        _isReading = true;
        _received.UnsafeOnCompleted(continuation);
    }

    /// <summary>False: the deadline passed.</summary>
    internal bool EndReceive()
    {
        _isReading = false;
        return !_hasTimedOut;
    }

    /// <summary>The peer gives no credit, whether anybody waits for it or only the rest of an answer is left.</summary>
    private void OnStall()
    {
        if (_stallDueMs == 0 || IsClosed || Output.Length == 0)
        {
            return;
        }

        if (_stallDueMs > Loop.NowMs)
        {
            Loop.Schedule(_stallTimer, _stallDueMs - Loop.NowMs);
        }
        else
        {
            Connection.ResetStream(this, Http2ErrorCode.Cancel, TimedOut);
        }
    }

    private sealed class StallTimer(Http2Stream stream) : LoopTimer
    {
        protected override void OnExpired() => stream.OnStall();
    }

    private sealed class ReadTimer(Http2Stream stream) : LoopTimer
    {
        protected override void OnExpired() => stream.OnTimer();
    }
}
