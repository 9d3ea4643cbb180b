using Weft.Primitives;
using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Http.Http1;

/// <summary>The client's side of one HTTP/1 connection, one request at a time, pooled in between. Its loop only.</summary>
public sealed class Http1Client : HttpClientStream
{
    /// <summary>Request line, Host and framing.</summary>
    private const int ExtraBytes = 512;

    private readonly Http1ClientPool _pool;
    private readonly Http1Limits _limits;
    private readonly Action _gone;
    private Http1Input _input;
    private Http1Output _output;
    private Wire.Http1.HttpMethod _method;
    private bool _asksUpgrade;
    private long _receivedBefore;
    private long _sentBefore;

    internal Http1Client(LoopConnection transport, Http1ClientLane lane, Http1ClientPool pool, Http1Limits limits)
    {
        Transport = transport;
        Lane = lane;
        _pool = pool;
        _limits = limits;
        _gone = () => _pool.Forget(this);
    }

    public LoopConnection Transport { get; }

    public override ReadOnlySpan<byte> Head => Transport.Input[..Response.Length];

    public override ReadOnlySpan<byte> Content => _input.Content(Transport, _limits);

    public override bool IsEnded => _input.IsEnded;

    public override bool IsContentLast => _input.IsLast(Transport);

    public override ReadOnlySpan<byte> Trailers => _input.Trailers;

    public override bool IsReused => Requests > 1;

    public override bool IsUnprocessed => false; // HTTP/1 has no way to say it

    public override long BytesReceived => Transport.BytesReceived - _receivedBefore;

    public override long BytesSent => Transport.BytesSent + Transport.UnsentBytes - _sentBefore;

    /// <summary>Requests it has carried, the current one included.</summary>
    public int Requests { get; private set; }

    /// <summary>Where it waited last, or will.</summary>
    internal Http1ClientLane Lane { get; set; }

    /// <summary>Neighbours in the lane while it waits there.</summary>
    internal Http1Client? Older { get; set; }

    internal Http1Client? Younger { get; set; }

    internal long IdleSinceMs { get; set; }

    /// <summary>From then on it takes no further request.</summary>
    internal long EndsMs { get; init; }

    internal bool IsPooled { get; set; }

    public override void WriteHead(in OutgoingRequest head)
    {
        _method = head.MethodKind;
        _asksUpgrade = !head.Upgrade.IsEmpty;
        _output.Begin(head.Framing);
        int room = head.Method.Length + head.Path.Length + head.QueryWithMark.Length + head.Authority.Length + head.Head.Length
            + head.Lines.Length + head.MoreLines.Length + head.Upgrade.Length + ExtraBytes;
        var writer = new HeadWriter(Transport.Output(room));
        writer.RequestLine(head.Method, head.Path, head.QueryWithMark);
        writer.Field("host"u8, head.Authority);
        writer.CopyFields(head.Head, head.Fields);
        writer.Raw(head.Lines);
        writer.Raw(head.MoreLines);
        writer.Raw(head.Framing is BodyFraming.Chunked ? "transfer-encoding: chunked\r\n"u8 : default);
        writer.Raw(head.AcceptsTrailers ? "te: trailers\r\n"u8 : default);
        if (!head.Upgrade.IsEmpty)
        {
            writer.Raw("connection: upgrade\r\n"u8);
            writer.Field("upgrade"u8, head.Upgrade);
        }

        if (!writer.TryEnd(out int written))
        {
            throw new InvalidOperationException("The room for a request head was computed too small.");
        }

        Transport.Advance(written);
    }

    /// <summary>The head's bytes stay in the transport's input until the caller takes them.</summary>
    public override async LoopTask<Fault> ReadHeadAsync()
    {
        while (true)
        {
            ReadOnlySpan<byte> input = Transport.Input;
            ReadStatus read = input.IsEmpty ? ReadStatus.NeedMore : Response.Read(input, _limits, _method);
            bool isUnasked = read is ReadStatus.Done && Response.Status == 101 && !_asksUpgrade; // RFC 9110 §15.2.2: nobody behind us asked for a tunnel
            if (read is ReadStatus.Done && !isUnasked)
            {
                _input.Begin(Response.Framing, Response.ContentLength);
                return Fault.None;
            }

            if (read is not ReadStatus.NeedMore)
            {
                return Fault.UpstreamMalformed;
            }

            IoStatus status = await Transport.ReadAsync();
            if (status != IoStatus.Ok)
            {
                return status.AsUpstreamFault();
            }
        }
    }

    public override void TakeHead()
    {
        Transport.Consume(Response.Length);
        if (Response.IsInterim)
        {
            Response.Reset();
        }
    }

    public override void Consume(int count) => _input.Consume(Transport, count);

    public override async LoopTask<Fault> ReadAsync()
    {
        if (_input.IsMalformed)
        {
            return Fault.UpstreamMalformed;
        }

        IoStatus status = await Transport.ReadAsync();
        return status switch
        {
            IoStatus.Ok => Fault.None,
            IoStatus.End when _input.TryEndWithConnection() => Fault.None,
            IoStatus.TimedOut => Fault.UpstreamTimedOut,
            _ => Fault.UpstreamTruncated,
        };
    }

    public override void SetReadDeadline(long milliseconds) => Transport.SetReadDeadline(milliseconds);

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

    public override void Release(bool reusable) => _pool.Return(this, reusable && Response.KeepAlive && _output.IsEnded);

    internal void Begin()
    {
        Requests++;
        Response ??= _pool.RentHead();
        Response.Reset();
        _input.Begin(BodyFraming.None, 0);
        _receivedBefore = Transport.BytesReceived;
        _sentBefore = Transport.BytesSent;
        Transport.WatchPeer(null);
    }

    /// <summary>Waits for the next request and keeps nothing for it.</summary>
    internal void Rest()
    {
        _pool.Return(Response);
        Response = null!; // set again by Begin
        Transport.WatchPeer(_gone);
    }
}
