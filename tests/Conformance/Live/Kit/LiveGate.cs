namespace Weft.Conformance.Live.Kit;

/// <summary>
/// Holds requests at the applications until as many as are waited for are there, and every further one, which is a retry, until the gate is
/// opened for those: what is in flight at that moment can be counted.
/// </summary>
internal sealed class LiveGate(string name, int wanted, Action<LiveGate> close) : IDisposable
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _further = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _arrived;
    private int _answered;

    public string Name => name;

    /// <summary>Every request has been answered, or is here again.</summary>
    public Task Settled => _settled.Task;

    /// <summary>Those beyond the first.</summary>
    public int Further => Math.Max(0, Volatile.Read(ref _arrived) - wanted);

    public Task PassAsync(CancellationToken ct)
    {
        int number = Interlocked.Increment(ref _arrived);
        if (number == wanted)
        {
            _first.SetResult();
        }

        Look();
        return (number <= wanted ? _first : _further).Task.WaitAsync(ct);
    }

    /// <summary>A client has its answer.</summary>
    public void Answered()
    {
        Interlocked.Increment(ref _answered);
        Look();
    }

    public void OpenForFurther() => _further.TrySetResult();

    public void Dispose()
    {
        _first.TrySetResult();
        _further.TrySetResult();
        close(this);
    }

    private void Look()
    {
        if (Further + Volatile.Read(ref _answered) >= wanted)
        {
            _settled.TrySetResult();
        }
    }
}
