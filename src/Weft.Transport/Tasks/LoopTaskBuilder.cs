using System.Runtime.CompilerServices;

// The compiler prescribes the shape of a builder: static Create, instance Start and SetStateMachine.
#pragma warning disable CA1000, CA1822 // the shape above

namespace Weft.Transport;

/// <summary>Builds <see cref="LoopTask{T}"/>; the compiler calls it. No execution context flows: the loop has none.</summary>
public struct LoopTaskBuilder<T>
{
    private LoopBox<T>? _box;
    private T _result;

    public readonly LoopTask<T> Task => _box is null ? new LoopTask<T>(_result) : new LoopTask<T>(_box);

    public static LoopTaskBuilder<T> Create() => default;

    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
        // Only boxed state machines of the old kind need it.
    }

    public void SetResult(T result)
    {
        if (_box is null)
        {
            _result = result;
        }
        else
        {
            _box.SetResult(result);
        }
    }

    public void SetException(Exception exception) => (_box ??= new FailedBox<T>()).SetException(exception);

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(Suspend(ref stateMachine));

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(Suspend(ref stateMachine));

    private Action Suspend<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_box is LoopBox<TStateMachine, T> known)
        {
            return known.MoveNext;
        }

        LoopBox<TStateMachine, T> box = LoopBox<TStateMachine, T>.Rent();
        _box = box; // before the copy: the copy must know its box
        box.StateMachine = stateMachine;
        return box.MoveNext;
    }
}

/// <summary>Builds <see cref="LoopTask"/>; the compiler calls it.</summary>
public struct LoopTaskBuilder
{
    private LoopTaskBuilder<Nothing> _inner;

    public readonly LoopTask Task => new(_inner.Task);

    public static LoopTaskBuilder Create() => default;

    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
        // Only boxed state machines of the old kind need it.
    }

    public void SetResult() => _inner.SetResult(default);

    public void SetException(Exception exception) => _inner.SetException(exception);

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => _inner.AwaitOnCompleted(ref awaiter, ref stateMachine);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => _inner.AwaitUnsafeOnCompleted(ref awaiter, ref stateMachine);
}
