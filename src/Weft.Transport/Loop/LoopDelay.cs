using System.Runtime.CompilerServices;

namespace Weft.Transport;

/// <summary>A wait of some milliseconds. Not on the warm path, so it may allocate its timer.</summary>
public readonly struct LoopDelay : ICriticalNotifyCompletion
{
    private readonly EventLoop _loop;
    private readonly long _milliseconds;

    internal LoopDelay(EventLoop loop, long milliseconds)
    {
        _loop = loop;
        _milliseconds = milliseconds;
    }

    public bool IsCompleted => _milliseconds <= 0;

    public LoopDelay GetAwaiter() => this;

    public void GetResult()
    {
        // Nothing to take.
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => _loop.Schedule(new Expiry(_loop, continuation), _milliseconds);

    private sealed class Expiry(EventLoop loop, Action continuation) : LoopTimer
    {
        protected internal override void OnExpired() => loop.Resume(continuation);
    }
}

/// <summary>A step back for the others: goes on in the next turn.</summary>
public readonly struct LoopYield : ICriticalNotifyCompletion
{
    private readonly EventLoop _loop;

    internal LoopYield(EventLoop loop) => _loop = loop;

    public bool IsCompleted => false;

    public LoopYield GetAwaiter() => this;

    public void GetResult()
    {
        // Nothing to take.
    }

    public void OnCompleted(Action continuation) => _loop.Defer(continuation);

    public void UnsafeOnCompleted(Action continuation) => _loop.Defer(continuation);
}
