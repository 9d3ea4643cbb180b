using Grpc.Core;

namespace Weft.Proxy.Control.GrpcClient;

/// <summary>The caller's way in. Writes leave in order; each waits while too much is unsent.</summary>
internal sealed class GrpcRequestStream<T>(GrpcCall call, Marshaller<T> marshaller) : IClientStreamWriter<T>
{
    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => call.SendAsync(RequestPayload.Serialize(marshaller, message));

    public Task CompleteAsync() => call.SendAsync(null);
}

/// <summary>The caller's way out, one message at a time.</summary>
internal sealed class GrpcResponseStream<T>(GrpcCall call, Marshaller<T> marshaller) : IAsyncStreamReader<T>
    where T : class
{
    private T? _current;

    public T Current => _current ?? throw new InvalidOperationException("No message was read yet.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static c => ((GrpcCall)c!).Dispose(), call);
        byte[]? message = await call.ReadAsync();
        _current = message is null ? null : marshaller.ContextualDeserializer(new ResponsePayload(message));
        return message is not null;
    }
}
