using System.Runtime.CompilerServices;

namespace Weft.Transport;

/// <summary>One waits, another sets; reusable, no allocation. One waiter at a time. <see cref="Set"/> belongs to the loop, <see cref="SetFromOutside"/> to any thread.</summary>
public sealed class LoopSignal : ICriticalNotifyCompletion
{
    private readonly EventLoop _loop;
    private readonly Action _set;
    private Action? _waiter;

    public LoopSignal(EventLoop loop)
    {
        _loop = loop;
        _set = Set;
    }

    public bool IsSet { get; private set; }

    public bool IsCompleted => IsSet;

    /// <summary>Goes on once it is set; it stays set until <see cref="Reset"/>.</summary>
    public LoopSignal GetAwaiter() => this;

    public void GetResult()
    {
        // Nothing to take.
    }

    public void Set()
    {
        IsSet = true;
        if (_waiter is { } waiter)
        {
            _waiter = null;
            _loop.Resume(waiter);
        }
    }

    public void SetFromOutside() => _loop.Post(_set);

    public void Reset() => IsSet = false;

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (_waiter is not null)
        {
            throw new InvalidOperationException("A loop signal has one waiter at a time.");
        }

        _waiter = continuation;
    }
}
