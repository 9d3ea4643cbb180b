using System.Buffers.Binary;
using System.Collections.Concurrent;
using Grpc.Core;
using Weft.Http.Http2;
using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Grpc;
using Weft.Wire.Http2;
using Http2ErrorCode = Weft.Wire.Http2.Http2ErrorCode;

namespace Weft.Proxy.Control.GrpcClient;

/// <summary>
/// One call. Its stream lives on the channel's loop; what callers wait for are tasks that go on in the thread pool. Messages
/// are read only when asked for, so a slow reader holds at most a stream's window.
/// </summary>
internal sealed class GrpcCall : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly ConcurrentQueue<Outgoing> _outgoing = new();
    private readonly LoopSignal _hasOutgoing;
    private readonly LoopSignal _isAsked;
    private readonly TaskCompletionSource<Metadata> _headers = NewSource<Metadata>();
    private readonly TaskCompletionSource<Status> _ended = NewSource<Status>();
    private readonly CancellationTokenRegistration _cancellation;
    private readonly Deadline _deadline;
    private readonly Lock _gate = new();
    private TaskCompletionSource<byte[]?>? _ask; // guarded by _gate
    private Metadata? _trailers;
    private Http2Stream? _stream; // loop only

    internal GrpcCall(GrpcChannel channel, string path, CallOptions options)
    {
        _channel = channel;
        _hasOutgoing = new LoopSignal(channel.Loop);
        _isAsked = new LoopSignal(channel.Loop);
        _deadline = new Deadline(this);
        TimeSpan? timeout = options.Deadline is { } deadline && deadline != DateTime.MaxValue ? deadline.ToUniversalTime() - channel.Clock.GetUtcNow().UtcDateTime : null;
        HeaderList head = GrpcFields.RequestHead(path, channel.Options.Tls is not null, channel.Options.Authority, options, timeout);
        _cancellation = options.CancellationToken.UnsafeRegister(static call => ((GrpcCall)call!).Cancel(), this);
        channel.Loop.Post(() => channel.Loop.Supervise(RunAsync(head, timeout), "grpc-call"));
    }

    internal Task<Metadata> Headers => _headers.Task;

    internal Task<Status> Ended => _ended.Task;

    internal Status StatusNow => _ended.Task.IsCompletedSuccessfully
        ? _ended.Task.Result
        : throw new InvalidOperationException("The call has not ended, so it has no status yet.");

    internal Metadata TrailersNow => _trailers ?? throw new InvalidOperationException("The call has not ended, so it has no trailers yet.");

    /// <summary>Sends one framed message, or the end; done when it has left or waits within the stream's bound.</summary>
    internal Task SendAsync(byte[]? framed)
    {
        var sent = NewSource<bool>();
        _outgoing.Enqueue(new Outgoing(framed, sent));
        _hasOutgoing.SetFromOutside();
        if (_ended.Task.IsCompleted)
        {
            FailOutgoing(); // the loop may have looked for the last time before this one came
        }

        return sent.Task;
    }

    /// <summary>The next message, or null at the end of a call that went well; otherwise <see cref="RpcException"/>.</summary>
    internal Task<byte[]?> ReadAsync()
    {
        TaskCompletionSource<byte[]?> ask = NewSource<byte[]?>();
        lock (_gate)
        {
            if (_ask is { Task.IsCompleted: false })
            {
                throw new InvalidOperationException("A call has one reader at a time.");
            }

            _ask = ask;
        }

        _isAsked.SetFromOutside();
        if (_ended.Task.IsCompleted)
        {
            Answer(null, _ended.Task.Result);
        }

        return ask.Task;
    }

    public void Dispose() => Cancel();

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Cancel()
    {
        if (!_ended.Task.IsCompleted)
        {
            _channel.Loop.Post(() => Finish(new Status(StatusCode.Cancelled, "The call was cancelled here."), null));
        }
    }

    /// <remarks>(1) a stream (2) what is sent goes its own way (3) the head (4) messages, each when asked for (5) the status</remarks>
    private async LoopTask RunAsync(HeaderList head, TimeSpan? timeout)
    {
        if (timeout is { } limit)
        {
            _channel.Loop.Schedule(_deadline, Math.Max((long)limit.TotalMilliseconds, 0));
        }

        (Http2Connection? connection, Status failure) = await _channel.Connector.GetAsync();             // (1)
        if (_ended.Task.IsCompleted)
        {
            return;
        }

        _stream = connection?.TryOpen(head, isEnd: false);
        if (_stream is not { } stream)
        {
            Finish(failure.StatusCode is StatusCode.OK ? new Status(StatusCode.Unavailable, "The connection takes no more calls now.") : failure, null);
            return;
        }

        _channel.Loop.Supervise(SendAllAsync(stream), "grpc-send");                                     // (2)
        if (await stream.ReadHeadAsync() != Fault.None)                                                              // (3)
        {
            FinishByFailure(stream);
            return;
        }

        _headers.TrySetResult(GrpcFields.ToMetadata(stream.Fields));
        while (!_ended.Task.IsCompleted)                                                                // (4)
        {
            if (stream.IsEnded && stream.Input.IsEmpty)
            {
                break;
            }

            await _isAsked;
            _isAsked.Reset();
            byte[]? message = await ReadMessageAsync(stream);
            if (message is null)
            {
                break;
            }

            Answer(message, default);
        }

        if (stream.Failure != Fault.None)                                                               // (5)
        {
            FinishByFailure(stream);
            return;
        }

        Status? status = GrpcFields.ReadStatus(stream.Trailers) ?? GrpcFields.ReadStatus(stream.Fields);
        Finish(status ?? GrpcFields.FromHttp(stream.Head.Status), stream.Trailers.Count > 0 ? stream.Trailers : stream.Fields);
    }

    private async LoopTask SendAllAsync(Http2Stream stream)
    {
        while (stream.Failure == Fault.None && !stream.IsFinished)
        {
            await _hasOutgoing;
            _hasOutgoing.Reset();
            while (_outgoing.TryDequeue(out Outgoing next))
            {
                stream.Write(next.Framed, isEnd: next.Framed is null);
                if (await stream.FlushAsync())
                {
                    next.Sent.TrySetResult(true);
                }
                else
                {
                    next.Sent.TrySetException(new RpcException(FailureOf(stream)));
                }
            }
        }
    }

    /// <summary>Null: the stream is over, or the call was ended for what stood in it.</summary>
    private async LoopTask<byte[]?> ReadMessageAsync(Http2Stream stream)
    {
        while (stream.Input.Length < GrpcMessageReader.PrefixBytes)
        {
            if (stream.IsEnded || await stream.ReadAsync() != Fault.None)
            {
                EndEarly(stream.IsEnded && !stream.Input.IsEmpty, StatusCode.Internal, "The server's message was cut off.");
                return null;
            }
        }

        bool isCompressed = stream.Input[0] != 0;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(stream.Input[1..]);
        if (isCompressed || length > (uint)_channel.Options.MessageBytesMax)
        {
            EndEarly(isCompressed, StatusCode.Internal, "The server compressed a message though nothing was offered (grpc-encoding).");
            EndEarly(true, StatusCode.ResourceExhausted, $"A message of {length} bytes is larger than the limit of {_channel.Options.MessageBytesMax}.");
            return null;
        }

        stream.Consume(GrpcMessageReader.PrefixBytes);
        byte[] message = new byte[length];
        for (int filled = 0; filled < message.Length;)
        {
            int piece = Math.Min(stream.Input.Length, message.Length - filled);
            if (piece == 0 && (stream.IsEnded || await stream.ReadAsync() != Fault.None))
            {
                EndEarly(stream.IsEnded, StatusCode.Internal, "The server's message was cut off.");
                return null;
            }

            stream.Input[..piece].CopyTo(message.AsSpan(filled));
            stream.Consume(piece);
            filled += piece;
        }

        return message;
    }

    private void EndEarly(bool condition, StatusCode code, string detail)
    {
        if (condition)
        {
            Finish(new Status(code, detail), null);
        }
    }

    private static Status FailureOf(Http2Stream stream) => GrpcFields.FromFailure(stream.Failure, stream.ErrorCode, stream.IsUnprocessed);

    private void FinishByFailure(Http2Stream stream) => Finish(FailureOf(stream), null);

    /// <summary>On the loop. The first status stays.</summary>
    private void Finish(Status status, HeaderList? trailers)
    {
        if (_ended.Task.IsCompleted)
        {
            return;
        }

        _trailers = trailers is null ? [] : GrpcFields.ToMetadata(trailers);
        _ended.SetResult(status);
        _channel.Loop.Cancel(_deadline);
        _cancellation.Unregister();
        _stream?.Reset(Http2ErrorCode.Cancel);
        _isAsked.Set();
        _hasOutgoing.Set();
        _headers.TrySetResult([]);
        FailOutgoing();
        Answer(null, status);
    }

    private void FailOutgoing()
    {
        while (_outgoing.TryDequeue(out Outgoing left))
        {
            if (left.Framed is null)
            {
                left.Sent.TrySetResult(true); // ending what is over is no failure
            }
            else
            {
                left.Sent.TrySetException(new RpcException(_ended.Task.Result));
            }
        }
    }

    private void Answer(byte[]? message, Status status)
    {
        TaskCompletionSource<byte[]?>? ask;
        lock (_gate)
        {
            ask = _ask;
        }

        if (message is not null || status.StatusCode is StatusCode.OK)
        {
            ask?.TrySetResult(message);
        }
        else
        {
            ask?.TrySetException(new RpcException(status, _trailers ?? []));
        }
    }

    private readonly record struct Outgoing(byte[]? Framed, TaskCompletionSource<bool> Sent);

    private sealed class Deadline(GrpcCall call) : LoopTimer
    {
        protected override void OnExpired() => call.Finish(new Status(StatusCode.DeadlineExceeded, "The call's deadline passed."), null);
    }
}
