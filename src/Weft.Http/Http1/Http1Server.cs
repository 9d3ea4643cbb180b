using Weft.Primitives;
using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Http.Http1;

/// <summary>One request on an HTTP/1 connection and its answer. Serves one request after the other, of any connection; its loop only.</summary>
/// <remarks>The head is copied out of the transport's memory, so that the content behind it can stream and a retry can write it again.</remarks>
public sealed class Http1Server(Http1Limits limits) : HttpServerStream
{
    private const int HeadBytesUsual = 1 << 10;

    /// <summary>A larger head's memory is given back with it: it must not stay with every request that follows.</summary>
    private const int HeadBytesKept = 16 << 10;

    /// <summary>Status line, framing and connection fields.</summary>
    private const int ExtraBytes = 256;

    private LoopConnection? _transport;
    private bool _isHttps;
    private byte[] _head = [];
    private Http1Input _input;
    private Http1Output _output;
    private long _receivedBefore;
    private long _sentBefore;
    private bool _mustClose;

    public LoopConnection Transport => _transport ?? throw new InvalidOperationException("No connection has a request here.");

    public override ReadOnlySpan<byte> Head => _head.AsSpan(0, Request.Length);

    public override ReadOnlySpan<byte> Content => _input.Content(Transport, limits);

    public override bool IsEnded => _input.IsEnded;

    public override bool IsContentLast => _input.IsLast(Transport);

    public override ReadOnlySpan<byte> Trailers => _input.Trailers;

    public override bool IsShared => false;

    public override bool MustClose => _mustClose;

    public override long BytesReceived => Request.Length + Transport.BytesReceived - _receivedBefore;

    public override long BytesSent => Transport.BytesSent + Transport.UnsentBytes - _sentBefore;

    /// <summary>Begins a connection's next request; the last one's content was read to its end.</summary>
    public void Attach(LoopConnection transport, bool isHttps)
    {
        _transport = transport;
        _isHttps = isHttps;
        Request.Reset();
        _input.Begin(BodyFraming.None, 0);
        _output.Begin(BodyFraming.None);
        Error = Http1Error.None;
        _mustClose = false;
    }

    /// <summary>The request is over, and the connection is not kept by it.</summary>
    public void Detach()
    {
        _transport = null;
        if (_head.Length > HeadBytesKept)
        {
            Request.Reset(); // its ranges point into what goes
            _head = [];
        }
    }

    /// <summary>Reads on with what has arrived.</summary>
    public HeadProgress TryReadHead()
    {
        ReadOnlySpan<byte> input = Transport.Input;
        if (input.IsEmpty)
        {
            return HeadProgress.NeedMore;
        }

        ReadStatus status = Request.Read(input, limits);
        if (status is ReadStatus.NeedMore)
        {
            return HeadProgress.NeedMore;
        }

        _receivedBefore = Transport.BytesReceived;
        _sentBefore = Transport.BytesSent + Transport.UnsentBytes;
        if (status is ReadStatus.Done)
        {
            return Take(input);
        }

        Error = Request.Error;
        Request.Reset(); // its ranges would point into bytes that were never taken
        return HeadProgress.Refused;
    }

    public override void Consume(int count) => _input.Consume(Transport, count);

    public override async LoopTask<Fault> ReadAsync()
    {
        if (_input.IsMalformed)
        {
            return Fault.ClientMalformed;
        }

        IoStatus status = await Transport.ReadAsync();
        return status == IoStatus.Ok || (status == IoStatus.End && _input.TryEndWithConnection()) ? Fault.None : status.AsClientFault();
    }

    public override void SetReadDeadline(long milliseconds) => Transport.SetReadDeadline(milliseconds);

    public override void WriteInterim(in OutgoingResponse head)
    {
        if (Request.Version is not MessageVersion.Http10)
        {
            WriteFields(head, closes: false, default);
        }
    }

    public override void WriteHead(in OutgoingResponse head)
    {
        // HTTP/1.0 knows no chunked coding: there the connection's end is the content's.
        bool isOld = Request.Version is MessageVersion.Http10;
        BodyFraming framing = head.Framing is BodyFraming.Chunked && isOld ? BodyFraming.UntilClose : head.Framing;
        _mustClose = framing is BodyFraming.UntilClose or BodyFraming.Tunnel;
        _output.Begin(Request.MethodKind is Wire.Http1.HttpMethod.Head ? BodyFraming.None : framing);
        bool closes = head.Closes || framing is BodyFraming.UntilClose;
        WriteFields(head, closes, framing switch
        {
            BodyFraming.Chunked => "transfer-encoding: chunked\r\n"u8,
            BodyFraming.None when LacksLength(head) => isOld && !closes ? "content-length: 0\r\nconnection: keep-alive\r\n"u8 : "content-length: 0\r\n"u8,
            _ when isOld && !closes => "connection: keep-alive\r\n"u8,
            _ => default,
        });
    }

    public override void Write(ReadOnlySpan<byte> content, bool isEnd = false) => _output.Write(Transport, content, isEnd);

    public override void End(ReadOnlySpan<byte> trailers) => _output.End(Transport, trailers);

    public override async LoopTask<bool> FlushAsync() => await Transport.FlushAsync() == IoStatus.Ok;

    public override async LoopTask<bool> DrainAsync() => await Transport.DrainAsync() == IoStatus.Ok;

    public override void Abort() => Transport.Abort();

    internal override LoopConnection? PlainOutput => _output.IsPlain ? Transport : null;

    internal override bool TryHandOver(LoopConnection to) => _input.TryHandOver(Transport, to);

    public override void BecomeTunnel()
    {
        _input.Begin(BodyFraming.Tunnel, 0);
        _output.Begin(BodyFraming.Tunnel);
    }

    public override void Watch(Action? gone) => Transport.WatchPeer(gone);

    /// <summary>HTTP/2 ends a stream without a word about its length; here the client would wait for more (RFC 9112 §6.3).</summary>
    private bool LacksLength(in OutgoingResponse head) => head.Status is >= 200 and not (204 or 304)
        && Request.MethodKind is not Wire.Http1.HttpMethod.Head && head.Fields is { } fields && !fields.Has(KnownHeader.ContentLength);

    private HeadProgress Take(ReadOnlySpan<byte> input)
    {
        if (_head.Length < Request.Length)
        {
            _head = new byte[Math.Max(HeadBytesUsual, Request.Length * 2)];
        }

        input[..Request.Length].CopyTo(_head);
        Transport.Consume(Request.Length);
        if (!Target.TrySet(Request, Head, _isHttps, out Http1Error error))
        {
            Error = error;
            return HeadProgress.Refused;
        }

        _input.Begin(Request.Framing, Request.ContentLength);
        return HeadProgress.Done;
    }

    private void WriteFields(in OutgoingResponse head, bool closes, ReadOnlySpan<byte> framing)
    {
        var writer = new HeadWriter(Transport.Output(head.Head.Length + head.Lines.Length + head.Upgrade.Length + head.Reason.Length + ExtraBytes));
        writer.StatusLine(head.Status, head.Reason.IsEmpty ? ReasonPhrase.Of(head.Status) : head.Reason);
        if (head.Fields is { } fields)
        {
            writer.CopyFields(head.Head, fields);
        }

        writer.Raw(head.Lines);
        writer.Raw(framing);
        if (!head.Upgrade.IsEmpty)
        {
            writer.Raw("connection: upgrade\r\n"u8);
            writer.Field("upgrade"u8, head.Upgrade);
        }
        else if (closes)
        {
            writer.Raw("connection: close\r\n"u8);
        }

        if (!writer.TryEnd(out int written))
        {
            throw new InvalidOperationException("The room for a response head was computed too small.");
        }

        Transport.Advance(written);
    }
}
