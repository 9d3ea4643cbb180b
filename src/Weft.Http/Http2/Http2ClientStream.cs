using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Http.Http2;

/// <summary>A request on a stream of a shared connection. Serves one request after the other, each bound to its stream; its loop only.</summary>
public sealed class Http2ClientStream : HttpClientStream
{
    /// <summary>In an answer 2xx to an extended CONNECT of ours: the application behind the other proxy did not switch (RFC 9110 §7.8), which HTTP/2 cannot say.</summary>
    public static ReadOnlySpan<byte> DeclinedField => "weft-declined"u8;

    private readonly Http2ClientPool _pool;
    private Http2Stream? _stream;
    private Http2ClientLane? _lane;
    private HeaderList _head = new();
    private Wire.Http1.HttpMethod _method;
    private bool _isReused;
    private bool _isUnprocessed;
    private bool _isUpgrade;
    private bool _isBodiless;

    internal Http2ClientStream(Http2ClientPool pool)
    {
        _pool = pool;
        Response = new ResponseHead();
    }

    public override ReadOnlySpan<byte> Head => _head.Bytes;

    public override ReadOnlySpan<byte> Content => Stream.Input;

    public override bool IsEnded => Stream.IsEnded && Stream.Input.IsEmpty;

    public override bool IsContentLast => Stream.IsEnded && Stream.Trailers.Count == 0;

    public override ReadOnlySpan<byte> Trailers => Stream.Trailers.Bytes;

    public override bool IsReused => _isReused;

    public override bool IsUnprocessed => _isUnprocessed;

    public override long BytesReceived => _head.Bytes.Length + (_stream?.ReceivedBytes ?? 0);

    public override long BytesSent => _stream?.SentBytes ?? 0;

    /// <summary>RFC 8441 §3: no extended CONNECT goes to a server that has not said that it knows it.</summary>
    public override bool TakesUpgrades => Stream.Connection.PeerTakesConnectProtocol;

    private Http2Stream Stream => _stream ?? throw new InvalidOperationException("The request is over.");

    /// <remarks>An upgrade is an extended CONNECT (RFC 8441 §4).</remarks>
    public override void WriteHead(in OutgoingRequest head)
    {
        Http2Stream stream = Stream;
        _method = head.MethodKind;
        _isUpgrade = !head.Upgrade.IsEmpty;
        _isBodiless = head.Framing is BodyFraming.None && !_isUpgrade && _method is not Wire.Http1.HttpMethod.Connect;
        stream.IsHeadRequest = _method is Wire.Http1.HttpMethod.Head;
        if (!stream.TryBeginHead())
        {
            return;
        }

        stream.WriteField(":method"u8, _isUpgrade ? "CONNECT"u8 : head.Method);
        if (_isUpgrade)
        {
            stream.WriteField(":protocol"u8, head.Upgrade);
        }

        if (_isUpgrade || _method is not Wire.Http1.HttpMethod.Connect)
        {
            stream.WriteField(":scheme"u8, head.IsHttps ? "https"u8 : "http"u8);
            WritePath(stream, head);
        }

        stream.WriteField(":authority"u8, head.Authority);
        Http2HeadCopy.WriteFields(stream, head.Head, head.Fields);
        Http2HeadCopy.WriteLines(stream, head.Lines);
        Http2HeadCopy.WriteLines(stream, head.MoreLines);
        if (head.AcceptsTrailers)
        {
            stream.WriteField("te"u8, "trailers"u8);
        }

        stream.EndHead(_isBodiless);
    }

    /// <summary>Every server sends its first SETTINGS at once (RFC 9113 §3.4).</summary>
    public override async LoopTask<Fault> AwaitUpgradesAsync()
    {
        Http2Stream stream = Stream;
        while (!stream.Connection.HasPeerSettings && stream.Failure == Fault.None)
        {
            if (!await stream.WhenReceived())
            {
                return stream.TimedOut;
            }
        }

        return stream.Failure != Fault.None ? stream.Failure : TakesUpgrades ? Fault.None : Fault.UpgradeDeclined;
    }

    public override async LoopTask<Fault> ReadHeadAsync()
    {
        Http2Stream stream = Stream;
        while (!stream.HasHead && !stream.HasInterim && stream.Failure == Fault.None)
        {
            if (!await stream.WhenReceived())
            {
                return stream.TimedOut;
            }
        }

        return TakeHeadOf(stream);
    }

    private Fault TakeHeadOf(Http2Stream stream)
    {
        if (!stream.HasHead && !stream.HasInterim)
        {
            _isUnprocessed = stream.IsUnprocessed;
            return stream.Failure;
        }

        if (stream.HasInterim)
        {
            _head = stream.TakeInterim();
            _ = Http2Head.ReadResponse(_head, out Http2Head interim);
            Response.Take(_head, interim, _method, isEnd: false);
            return Fault.None;
        }

        _head = stream.Fields;
        bool isEnd = stream.IsEnded && stream.Input.IsEmpty && stream.Trailers.Count == 0;
        Response.Take(_head, stream.Head, _method, isEnd);
        if (_isUpgrade && Response.Status is >= 200 and < 300 && Response.Fields.Find(DeclinedField, Head) < 0)
        {
            Response.BecomeTunnel(101);
        }

        return Fault.None;
    }

    public override void TakeHead()
    {
        // It stands in memory of its own.
    }

    public override void Consume(int count) => Stream.Consume(count);

    public override async LoopTask<Fault> ReadAsync()
    {
        Fault fault = await Stream.ReadAsync();
        return fault is Fault.UpstreamReset ? Fault.UpstreamTruncated : fault;
    }

    public override void SetReadDeadline(long milliseconds) => _stream?.SetReadDeadline(milliseconds);

    public override void Write(ReadOnlySpan<byte> content, bool isEnd = false)
    {
        if (!_isBodiless)
        {
            Stream.Write(content, isEnd);
        }
    }

    public override void End(ReadOnlySpan<byte> trailers)
    {
        if (!_isBodiless)
        {
            Stream.End(trailers);
        }
    }

    public override LoopTask<bool> FlushAsync() => Stream.FlushAsync();

    public override LoopTask<bool> DrainAsync() => Stream.DrainAsync();

    public override void Abort() => _stream?.Reset(Http2ErrorCode.Cancel);

    public override void BecomeTunnel()
    {
        // A stream has no other framing.
    }

    public override void Release(bool reusable)
    {
        if (_stream is { } stream)
        {
            _stream = null;
            if (!stream.IsEnded || !stream.IsFinished)
            {
                stream.Reset(Http2ErrorCode.Cancel);
            }

            stream.Release();
            Http2ClientLane? lane = _lane;
            _lane = null;
            _pool.Return(this, lane);
        }
    }

    internal void Bind(Http2Stream stream, bool isReused, Http2ClientLane lane)
    {
        _stream = stream;
        _lane = lane;
        _head = stream.Fields; // empty until the answer comes
        _isReused = isReused;
        _isUnprocessed = false;
    }

    /// <summary>:path holds the query as well; both stand in a row of the same memory only when nothing was rewritten.</summary>
    private static void WritePath(Http2Stream stream, in OutgoingRequest head)
    {
        if (head.QueryWithMark.IsEmpty)
        {
            stream.WriteField(":path"u8, head.Path);
            return;
        }

        int length = head.Path.Length + head.QueryWithMark.Length;
        const int usual = 1024;
        Span<byte> path = length <= usual ? stackalloc byte[usual] : new byte[length];
        head.Path.CopyTo(path);
        head.QueryWithMark.CopyTo(path[head.Path.Length..]);
        stream.WriteField(":path"u8, path[..length]);
    }
}
