using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http2;

namespace Weft.Http.Http2;

/// <summary>
/// One request and its response (RFC 9113 §5). One reader and one writer use it at a time, on its connection's loop only.
/// What was received is bounded by its window, what waits to be sent by <see cref="FlushAsync"/>.
/// </summary>
public sealed class Http2Stream
{
    private readonly Http2Connection _connection;
    private readonly LoopSignal _received;
    private readonly LoopSignal _sent;
    private StreamBuffer _input;
    private int _unacknowledged;

    internal Http2Stream(Http2Connection connection, int id, int sendWindow)
    {
        _connection = connection;
        _received = new LoopSignal(connection.Loop);
        _sent = new LoopSignal(connection.Loop);
        Id = id;
        SendWindow = sendWindow;
        ReceiveWindow = connection.Limits.StreamWindowBytes;
    }

    public int Id { get; }

    /// <summary>The peer's head, valid once <see cref="HasHead"/>.</summary>
    public HeaderList Fields { get; } = new();

    /// <summary>What its pseudo-header fields say.</summary>
    public Http2Head Head { get; internal set; }

    public bool HasHead { get; private set; }

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
    public bool IsFinished => EndQueued;

    public int UnsentBytes => Output.Length;

    internal StreamBuffer Output;

    internal int SendWindow { get; set; }

    internal int ReceiveWindow { get; private set; }

    internal bool EndQueued { get; set; }

    internal bool EndSent { get; set; }

    internal bool IsQueued { get; set; }

    /// <summary>Waits behind <see cref="Output"/>; the caller leaves it alone from then on.</summary>
    internal HeaderList? QueuedTrailers { get; set; }

    /// <summary>Set by a client that asks by HEAD: the response's length is not that of its content.</summary>
    public bool IsHeadRequest { get; set; }

    /// <summary>RFC 9110 §6.4.1: a Content-Length here tells of another response's content.</summary>
    internal bool IsBodiless => IsHeadRequest || Head.Status == 304;

    internal long ReceivedBytes { get; private set; }

    internal bool IsClosed => Failure != Fault.None || (IsEnded && EndSent);

    /// <summary>Waits for the peer's head. False: see <see cref="Failure"/>.</summary>
    public async LoopTask<bool> ReadHeadAsync()
    {
        while (!HasHead && Failure == Fault.None)
        {
            _received.Reset();
            await _received;
        }

        return HasHead;
    }

    /// <summary>Waits until more content stands in <see cref="Input"/> than now, or the stream ended. False: see <see cref="Failure"/>.</summary>
    public async LoopTask<bool> ReadAsync()
    {
        int before = _input.Length;
        while (_input.Length == before && !IsEnded && Failure == Fault.None)
        {
            _received.Reset();
            await _received;
        }

        return Failure == Fault.None;
    }

    /// <summary>Takes bytes off the front of <see cref="Input"/> and lets the peer send as many more.</summary>
    public void Consume(int count)
    {
        _input.Consume(count);
        if (IsEnded || Failure != Fault.None)
        {
            return;
        }

        // Credit goes back in pieces of a quarter window: a frame for each read would cost more than it carries.
        _unacknowledged += count;
        if (_unacknowledged >= _connection.Limits.StreamWindowBytes / 4)
        {
            ReceiveWindow += _unacknowledged;
            _connection.Sender.WindowUpdate(Id, _unacknowledged);
            _unacknowledged = 0;
        }
    }

    /// <summary>Sends a response's or an interim head. Once per stream, interim heads aside.</summary>
    public void WriteHead(HeaderList fields, bool isEnd) => _connection.WriteHead(this, fields, isEnd);

    /// <summary>Sends the fields behind the content, after all of it. The list is the stream's until then.</summary>
    public void WriteTrailers(HeaderList fields) => _connection.WriteTrailers(this, fields);

    /// <summary>Queues content, in order; it leaves as the windows allow.</summary>
    public void Write(ReadOnlySpan<byte> content, bool isEnd) => _connection.Write(this, content, isEnd);

    /// <summary>Waits until few enough bytes wait to be sent. False: see <see cref="Failure"/>.</summary>
    public async LoopTask<bool> FlushAsync()
    {
        while (Output.Length > _connection.Limits.StreamUnsentBytesMax && Failure == Fault.None)
        {
            _sent.Reset();
            await _sent;
        }

        return Failure == Fault.None;
    }

    /// <summary>Ends it at once in both directions. Nothing happens when it is over already.</summary>
    public void Reset(Http2ErrorCode code) => _connection.ResetStream(this, code, code is Http2ErrorCode.Cancel ? Fault.ClientClosed : Fault.Internal);

    internal void OnHead()
    {
        HasHead = true;
        _received.Set();
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
        _input.Append(content);
        _received.Set();
        return true;
    }

    internal void OnEnd()
    {
        IsEnded = true;
        _received.Set();
    }

    internal void OnSent()
    {
        if (Output.Length <= _connection.Limits.StreamUnsentBytesMax / 2)
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
    }

    /// <summary>Nobody reads it any more.</summary>
    internal void Release() => _input.Release();
}
