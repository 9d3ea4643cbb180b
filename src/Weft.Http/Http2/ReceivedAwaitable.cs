using System.Runtime.CompilerServices;

namespace Weft.Http.Http2;

/// <summary>Waits for anything of the peer's on one stream; false: its deadline passed. A view of the stream: waiting costs nothing.</summary>
internal readonly struct ReceivedAwaitable(Http2Stream stream) : ICriticalNotifyCompletion
{
    public bool IsCompleted => stream.BeginReceive();

    public ReceivedAwaitable GetAwaiter() => this;

    public bool GetResult() => stream.EndReceive();

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => stream.OnReceived(continuation);
}
