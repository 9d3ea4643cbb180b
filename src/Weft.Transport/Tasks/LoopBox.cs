using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Weft.Transport;

/// <summary>A suspended async method. Owned by the one who awaits it; goes back to its thread's pool when the result is taken.</summary>
internal abstract class LoopBox<T>
{
    // Stands in for the continuation of a method that ended before anybody awaited it.
    private static readonly Action Ended = static () => { };

    private Action? _continuation;
    private T? _result;
    private ExceptionDispatchInfo? _failure;

    internal short Token { get; private set; }

    internal bool IsCompleted(short token)
    {
        Check(token);
        return ReferenceEquals(_continuation, Ended);
    }

    internal void OnCompleted(Action continuation, short token)
    {
        Check(token);
        if (_continuation is not null)
        {
            throw new InvalidOperationException("A loop task was awaited twice.");
        }

        _continuation = continuation;
    }

    internal T GetResult(short token)
    {
        Check(token);
        if (!ReferenceEquals(_continuation, Ended))
        {
            throw new InvalidOperationException("A loop task's result was taken before it ended.");
        }

        T result = _result!; // set by SetResult, or the failure below throws
        ExceptionDispatchInfo? failure = _failure;
        Token++;
        _continuation = null;
        _result = default;
        _failure = null;
        Release();
        failure?.Throw();
        return result;
    }

    internal void SetResult(T result)
    {
        _result = result;
        End();
    }

    internal void SetException(Exception exception)
    {
        _failure = ExceptionDispatchInfo.Capture(exception);
        End();
    }

    protected abstract void Release();

    /// <summary>The caller continues right here: the depth is that of the calls as written, so the stack cannot grow without bound.</summary>
    private void End()
    {
        Action? continuation = _continuation;
        _continuation = Ended;
        continuation?.Invoke();
    }

    private void Check(short token)
    {
        if (token != Token)
        {
            ThrowStale();
        }
    }

    private static void ThrowStale() => throw new InvalidOperationException("A loop task was used after its result was taken.");
}

/// <summary>Carries a method that failed before it ever suspended.</summary>
internal sealed class FailedBox<T> : LoopBox<T>
{
    protected override void Release()
    {
    }
}

internal sealed class LoopBox<TStateMachine, T> : LoopBox<T>
    where TStateMachine : IAsyncStateMachine
{
    /// <summary>More are left to the collector: a burst must not hold its memory forever.</summary>
    private const int PooledMax = 4096;

    [ThreadStatic]
    private static LoopBox<TStateMachine, T>? t_free;

    [ThreadStatic]
    private static int t_freeCount;

    private LoopBox<TStateMachine, T>? _next;

    private LoopBox() => MoveNext = () => StateMachine.MoveNext();

    internal TStateMachine StateMachine = default!; // set by the builder right after Rent

    internal Action MoveNext { get; }

    internal static LoopBox<TStateMachine, T> Rent()
    {
        LoopBox<TStateMachine, T>? box = t_free;
        if (box is null)
        {
            return new LoopBox<TStateMachine, T>();
        }

        t_free = box._next;
        t_freeCount--;
        box._next = null;
        return box;
    }

    protected override void Release()
    {
        StateMachine = default!; // set again by the builder at the next Rent
        if (t_freeCount < PooledMax)
        {
            _next = t_free;
            t_free = this;
            t_freeCount++;
        }
    }
}
