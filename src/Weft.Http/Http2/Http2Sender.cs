using System.Buffers;
using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http2;

namespace Weft.Http.Http2;

/// <summary>The way out of one connection: header blocks at once, content as windows and the socket allow, one frame per stream in turn. On its loop only.</summary>
internal sealed class Http2Sender
{
    private const int BlockBytesMin = 512;

    /// <summary>A block that was larger leaves no memory behind.</summary>
    private const int BlockBytesKept = 16 << 10;

    private readonly LoopConnection _io;
    private readonly Http2Limits _limits;
    private readonly HpackEncoder _encoder;
    private readonly Queue<Http2Stream> _ready = new();
    private readonly LoopSignal _work;
    private byte[] _block = [];
    private int _blockLength;
    private bool _closed;

    internal Http2Sender(EventLoop loop, LoopConnection io, Http2Limits limits)
    {
        _io = io;
        _limits = limits;
        _encoder = new HpackEncoder { UsesHuffman = limits.UsesHuffman };
        _work = new LoopSignal(loop);
    }

    /// <summary>§6.9.2: the window of new streams, as the peer set it.</summary>
    internal int StreamWindow { get; set; } = 65_535;

    internal int Window { get; private set; } = 65_535;

    /// <summary>DATA frames sent.</summary>
    internal long DataFrames { get; private set; }

    /// <summary>With its header a full frame is one TLS record and one block of the receiver's: neither ends in a piece of the next.</summary>
    internal int FrameBytesMax { get; } = Http2Frame.PayloadBytesDefault - Http2Frame.HeaderBytes;

    /// <summary>Called when a stream's END_STREAM has left us.</summary>
    internal Action<Http2Stream>? Ended { get; set; }

    internal void SetTableSize(uint size) => _encoder.SetTableSize((int)Math.Min(size, int.MaxValue));

    /// <summary>The preface of our side (§3.4) with our settings and the connection's window.</summary>
    internal void Preface(bool isServer)
    {
        if (!isServer)
        {
            _io.Write(Http2FrameReader.Preface);
        }

        Span<byte> output = stackalloc byte[Http2FrameWriter.SettingsBytes(4) + Http2FrameWriter.WindowUpdateBytes];
        int written = Http2FrameWriter.Settings(
            output,
            isServer ? new Http2Setting(Http2SettingId.MaxConcurrentStreams, (uint)_limits.StreamsMax) : new Http2Setting(Http2SettingId.EnablePush, 0),
            new Http2Setting(Http2SettingId.InitialWindowSize, (uint)_limits.StreamWindowBytes),
            new Http2Setting(Http2SettingId.MaxHeaderListSize, (uint)_limits.HeaderListBytesMax),
            isServer ? new Http2Setting(Http2SettingId.EnableConnectProtocol, 1) : new Http2Setting(Http2SettingId.HeaderTableSize, 4096));
        const int initialWindow = 65_535;
        if (_limits.ConnectionWindowBytes > initialWindow)
        {
            written += Http2FrameWriter.WindowUpdate(output[written..], 0, _limits.ConnectionWindowBytes - initialWindow);
        }

        _io.Write(output[..written]);
    }

    internal void SettingsAck()
    {
        Span<byte> output = stackalloc byte[Http2Frame.HeaderBytes];
        _io.Write(output[..Http2FrameWriter.SettingsAck(output)]);
    }

    internal void Ping(ReadOnlySpan<byte> eightBytes, bool isAck)
    {
        Span<byte> output = stackalloc byte[Http2FrameWriter.PingBytes];
        _io.Write(output[..Http2FrameWriter.Ping(output, eightBytes, isAck)]);
    }

    internal void WindowUpdate(int streamId, int increment)
    {
        Span<byte> output = stackalloc byte[Http2FrameWriter.WindowUpdateBytes];
        _io.Write(output[..Http2FrameWriter.WindowUpdate(output, streamId, increment)]);
    }

    internal void ResetStream(int streamId, Http2ErrorCode code)
    {
        Span<byte> output = stackalloc byte[Http2FrameWriter.ResetStreamBytes];
        _io.Write(output[..Http2FrameWriter.ResetStream(output, streamId, code)]);
    }

    internal void GoAway(int lastStreamId, Http2ErrorCode code)
    {
        Span<byte> output = stackalloc byte[Http2FrameWriter.GoAwayBytes];
        _io.Write(output[..Http2FrameWriter.GoAway(output, lastStreamId, code)]);
    }

    /// <summary>Begins a head: its fields follow at once, and nothing else is sent before <see cref="EndHead"/>.</summary>
    internal void BeginHead()
    {
        const int beginBytesMax = 12;
        _blockLength = 0;
        _blockLength = _encoder.Begin(Block(beginBytesMax));
    }

    /// <param name="name">In lower case.</param>
    internal void Field(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool neverIndexed = false) =>
        _blockLength += _encoder.Write(Block(HpackEncoder.FieldBytesMax(name.Length, value.Length)), name, value, neverIndexed);

    /// <summary>HEADERS and, for what does not fit, CONTINUATION right behind it (§4.3).</summary>
    internal void EndHead(int streamId, bool isEnd)
    {
        Span<byte> frame = stackalloc byte[Http2Frame.HeaderBytes];
        int sent = 0;
        do
        {
            int piece = Math.Min(_blockLength - sent, FrameBytesMax);
            Http2FrameType type = sent == 0 ? Http2FrameType.Headers : Http2FrameType.Continuation;
            Http2Flags flags = sent == 0 && isEnd ? Http2Flags.EndStream : Http2Flags.None;
            flags |= sent + piece == _blockLength ? Http2Flags.EndHeaders : Http2Flags.None;
            _ = Http2FrameWriter.Header(frame, piece, type, flags, streamId);
            _io.Write(frame);
            _io.Write(_block.AsSpan(sent, piece));
            sent += piece;
        }
        while (sent < _blockLength);
        _block = _block.Length > BlockBytesKept ? [] : _block;
    }

    /// <summary>Sends what may leave now and queues the rest.</summary>
    internal void Content(Http2Stream stream, ReadOnlySpan<byte> content, bool isEnd)
    {
        stream.IsFinished |= isEnd;
        stream.SentBytes += content.Length;
        bool isFree = stream.Output.Length == 0 && _ready.Count == 0 && _io.UnsentBytes < _limits.StreamUnsentBytesMax;
        while (isFree && !content.IsEmpty)
        {
            int piece = Allowed(stream, content.Length);
            if (piece <= 0)
            {
                break;
            }

            Frame(stream, content[..piece], isEnd && piece == content.Length);
            content = content[piece..];
        }

        if (isFree && content.IsEmpty && isEnd && !stream.EndSent)
        {
            Frame(stream, default, isEnd: true);
        }

        if (stream.EndSent)
        {
            Ended?.Invoke(stream);
            return;
        }

        stream.Output.Append(content);
        if (stream.Output.Length > 0 || (stream.IsFinished && !stream.EndSent))
        {
            Enqueue(stream);
        }
    }

    /// <summary>Ends the stream with fields, behind whatever waits (§8.1).</summary>
    internal void ContentTrailers(Http2Stream stream, HeaderList fields)
    {
        stream.IsFinished = true;
        stream.QueuedTrailers = fields;
        if (stream.Output.Length == 0)
        {
            Trailers(stream);
        }
    }

    /// <summary>The peer gives credit; 0 names the connection. False: the window overflows (§6.9.1).</summary>
    internal bool TryGrow(Http2Stream? stream, int increment)
    {
        if (stream is null)
        {
            if ((long)Window + increment > Http2Frame.WindowMax)
            {
                return false;
            }

            Window += increment;
            _work.Set();
            return true;
        }

        if ((long)stream.SendWindow + increment > Http2Frame.WindowMax)
        {
            return false;
        }

        stream.SendWindow += increment;
        if (stream.Output.Length > 0)
        {
            Enqueue(stream);
        }

        return true;
    }

    internal void Close()
    {
        _closed = true;
        _ready.Clear();
        _work.Set();
    }

    /// <summary>Sends queued content until the connection ends.</summary>
    internal async LoopTask RunAsync()
    {
        while (!_closed)
        {
            _work.Reset();
            while (_ready.Count > 0 && CanSendFirst())
            {
                if (await _io.FlushAsync() != IoStatus.Ok)
                {
                    return;
                }

                SendFirst();
            }

            if (!_closed)
            {
                await _work;
            }
        }
    }

    private bool CanSendFirst() => Window > 0 || _ready.Peek() is { Failure: not Fault.None } or { Output.Length: 0 };

    /// <summary>One frame of the first stream, which then stands at the end of the line if it has more and may send it.</summary>
    private void SendFirst()
    {
        if (!_ready.TryDequeue(out Http2Stream? stream))
        {
            return; // the connection ended while the socket was full
        }

        stream.IsQueued = false;
        if (stream.Failure != Fault.None || stream.EndSent)
        {
            Ended?.Invoke(stream);
            return;
        }

        int piece = stream.Output.Length == 0 ? 0 : Allowed(stream, stream.Output.Length);
        if (stream.Output.Length > 0 && piece <= 0)
        {
            if (stream.SendWindow > 0)
            {
                Enqueue(stream); // the connection's window is used up, not its own
            }

            return;
        }

        bool isLast = stream.IsFinished && piece == stream.Output.Length;
        bool isEnd = isLast && stream.QueuedTrailers is null;
        if (piece > 0 || isEnd)
        {
            Frame(stream, stream.Output.Filled[..piece], isEnd);
            stream.Output.Consume(piece);
        }

        stream.OnSent();
        if (isEnd)
        {
            Ended?.Invoke(stream); // the last word: its memory may be another stream's from here on
        }
        else if (isLast)
        {
            Trailers(stream);
        }
        else if (stream.Output.Length > 0 && stream.SendWindow > 0)
        {
            Enqueue(stream);
        }
    }

    private void Trailers(Http2Stream stream)
    {
        HeaderList fields = stream.QueuedTrailers ?? throw new InvalidOperationException("There are no trailers to send.");
        stream.QueuedTrailers = null;
        BeginHead();
        for (int i = 0; i < fields.Count; i++)
        {
            Field(fields.Name(i), fields.Value(i), fields.IsNeverIndexed(i));
        }

        EndHead(stream.Id, isEnd: true);
        stream.EndSent = true;
        Ended?.Invoke(stream);
    }

    private int Allowed(Http2Stream stream, int length) =>
        Math.Min(Math.Min(length, FrameBytesMax), Math.Min(stream.SendWindow, Window));

    private void Frame(Http2Stream stream, ReadOnlySpan<byte> content, bool isEnd)
    {
        Span<byte> frame = stackalloc byte[Http2Frame.HeaderBytes];
        _ = Http2FrameWriter.Header(frame, content.Length, Http2FrameType.Data, isEnd ? Http2Flags.EndStream : Http2Flags.None, stream.Id);
        _io.Write(frame);
        _io.Write(content);
        DataFrames++;
        stream.SendWindow -= content.Length;
        Window -= content.Length;
        stream.EndSent |= isEnd;
    }

    private void Enqueue(Http2Stream stream)
    {
        if (!stream.IsQueued)
        {
            stream.IsQueued = true;
            stream.OnWaiting();
            _ready.Enqueue(stream);
        }

        _work.Set();
    }

    private Span<byte> Block(int room)
    {
        if (_block.Length - _blockLength < room)
        {
            Array.Resize(ref _block, Math.Max(BlockBytesMin, (_blockLength + room) * 2));
        }

        return _block.AsSpan(_blockLength);
    }
}
