using System.Runtime.CompilerServices;

namespace Weft.Transport;

/// <summary>What an async method of the loop returns. Awaited exactly once, on the loop that ran it; warm, it allocates nothing.</summary>
[AsyncMethodBuilder(typeof(LoopTaskBuilder<>))]
public readonly struct LoopTask<T>
{
    private readonly LoopBox<T>? _box;
    private readonly T _result;
    private readonly short _token;

    public LoopTask(T result)
    {
        _box = null;
        _result = result;
        _token = 0;
    }

    internal LoopTask(LoopBox<T> box)
    {
        _box = box;
        _result = default!; // never read while there is a box
        _token = box.Token;
    }

    public bool IsCompleted => _box is null || _box.IsCompleted(_token);

    public Awaiter GetAwaiter() => new(this);

    public readonly struct Awaiter : ICriticalNotifyCompletion
    {
        private readonly LoopTask<T> _task;

        internal Awaiter(in LoopTask<T> task) => _task = task;

        public bool IsCompleted => _task.IsCompleted;

        public T GetResult() => _task._box is null ? _task._result : _task._box.GetResult(_task._token);

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) => (_task._box ?? throw new InvalidOperationException("A completed task was awaited as pending."))
            .OnCompleted(continuation, _task._token);
    }
}

/// <summary><see cref="LoopTask{T}"/> without a value.</summary>
[AsyncMethodBuilder(typeof(LoopTaskBuilder))]
public readonly struct LoopTask
{
    private readonly LoopTask<Nothing> _task;

    internal LoopTask(LoopTask<Nothing> task) => _task = task;

    public static LoopTask Completed => default;

    public bool IsCompleted => _task.IsCompleted;

    public Awaiter GetAwaiter() => new(_task.GetAwaiter());

    public readonly struct Awaiter : ICriticalNotifyCompletion
    {
        private readonly LoopTask<Nothing>.Awaiter _inner;

        internal Awaiter(LoopTask<Nothing>.Awaiter inner) => _inner = inner;

        public bool IsCompleted => _inner.IsCompleted;

        public void GetResult() => _inner.GetResult();

        public void OnCompleted(Action continuation) => _inner.UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) => _inner.UnsafeOnCompleted(continuation);
    }
}

/// <summary>The result of a method that has none.</summary>
internal readonly struct Nothing;
