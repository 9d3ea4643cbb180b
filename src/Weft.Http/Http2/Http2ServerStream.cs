using System.Buffers.Text;
using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Http.Http2;

/// <summary>A request that came on a stream. Serves one request after the other, each bound to its stream; its loop only.</summary>
public sealed class Http2ServerStream : HttpServerStream
{
    private Http2Stream? _stream;
    private bool _isTunnel;
    private bool _isBodiless;

    public override ReadOnlySpan<byte> Head => Stream.Fields.Bytes;

    public override ReadOnlySpan<byte> Content => IsPlainEnd ? default : Stream.Input;

    public override bool IsEnded => IsPlainEnd || (Stream.IsEnded && Stream.Input.IsEmpty);

    public override bool IsContentLast => Stream.IsEnded && Stream.Trailers.Count == 0;

    public override ReadOnlySpan<byte> Trailers => Stream.Trailers.Bytes;

    public override bool IsShared => true;

    public override bool MustClose => false;

    public override long BytesReceived => Stream.Fields.Bytes.Length + Stream.ReceivedBytes;

    public override long BytesSent => Stream.SentBytes;

    private Http2Stream Stream => _stream ?? throw new InvalidOperationException("The request is over.");

    /// <summary>CONNECT and a request to switch protocols have no content: what follows belongs to the tunnel.</summary>
    private bool IsPlainEnd => !_isTunnel && (Request.Upgrade is not UpgradeKind.None || Request.MethodKind is Wire.Http1.HttpMethod.Connect);

    /// <summary>Takes a stream whose head was read. False: <see cref="HttpServerStream.Error"/> says why it is refused.</summary>
    public bool TryBind(Http2Stream stream, bool isHttps)
    {
        _stream = stream;
        _isTunnel = false;
        _isBodiless = false;
        Request.Take(stream.Fields, stream.Head, stream.IsEnded);
        Http1Error error = stream.Fields.IsTooLarge ? Http1Error.HeadTooLarge : Request.Error;
        bool isRight = error is Http1Error.None && Target.TrySet(Request, Head, isHttps, out error);
        Error = error;
        return isRight;
    }

    public override void Consume(int count) => Stream.Consume(count);

    public override LoopTask<Fault> ReadAsync() => Stream.ReadAsync();

    public override void SetReadDeadline(long milliseconds) => Stream.SetReadDeadline(milliseconds);

    public override void WriteInterim(in OutgoingResponse head) => Send(head, head.Status, isEnd: false);

    public override void WriteHead(in OutgoingResponse head)
    {
        // RFC 8441 §5: what HTTP/1 calls 101 is 200 here.
        int status = head.Status == 101 ? 200 : head.Status;
        _isBodiless = head.Framing is BodyFraming.None || Request.MethodKind is Wire.Http1.HttpMethod.Head;
        Send(head, status, isEnd: _isBodiless);
    }

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

    public override void Abort() => Stream.Reset(Http2ErrorCode.InternalError);

    public override void BecomeTunnel() => _isTunnel = true;

    public override void Watch(Action? gone) => Stream.Watch(gone);

    /// <summary>The exchange is over; what the client still sends of its request is not wanted (RFC 9113 §8.1).</summary>
    public void Release()
    {
        if (_stream is { } stream)
        {
            _stream = null;
            if (!stream.IsFinished)
            {
                stream.Reset(Http2ErrorCode.InternalError);
            }
            else if (stream.EndSent && !stream.IsEnded)
            {
                stream.Reset(Http2ErrorCode.NoError); // otherwise once the last of the answer has left
            }

            stream.Release();
        }
    }

    private void Send(in OutgoingResponse head, int status, bool isEnd)
    {
        Http2Stream stream = Stream;
        if (!stream.TryBeginHead())
        {
            return;
        }

        Span<byte> digits = stackalloc byte[3];
        _ = Utf8Formatter.TryFormat(status, digits, out _);
        stream.WriteField(":status"u8, digits);
        if (head.Fields is { } fields)
        {
            Http2HeadCopy.WriteFields(stream, head.Head, fields);
        }

        Http2HeadCopy.WriteLines(stream, head.Lines);
        stream.EndHead(isEnd);
    }
}
