using System.Runtime.CompilerServices;

namespace Weft.Transport;

/// <summary>A wait for input on one connection. A view of the connection: it costs nothing.</summary>
public readonly struct ReadAwaitable : ICriticalNotifyCompletion
{
    private readonly LoopConnection _connection;

    internal ReadAwaitable(LoopConnection connection) => _connection = connection;

    public bool IsCompleted => _connection.TryReadNow();

    public ReadAwaitable GetAwaiter() => this;

    public IoStatus GetResult() => _connection.TakeNews();

    public void OnCompleted(Action continuation) => _connection.OnRead(continuation);

    public void UnsafeOnCompleted(Action continuation) => _connection.OnRead(continuation);
}

/// <summary>A wait until a connection's unsent bytes are few enough.</summary>
public readonly struct FlushAwaitable : ICriticalNotifyCompletion
{
    private readonly ConnectionWriter _writer;
    private readonly int _pendingMax;

    internal FlushAwaitable(ConnectionWriter writer, int pendingMax)
    {
        _writer = writer;
        _pendingMax = pendingMax;
    }

    public bool IsCompleted => _writer.Pending <= _pendingMax || _writer.Status != IoStatus.Ok;

    public FlushAwaitable GetAwaiter() => this;

    public IoStatus GetResult() => _writer.Status;

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => _writer.OnFlushed(continuation, Math.Min(_pendingMax, ConnectionWriter.PendingLow));
}
