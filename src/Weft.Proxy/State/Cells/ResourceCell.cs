using Weft.Primitives;
using Weft.Transport;

namespace Weft.Proxy.State.Cells;

/// <summary>What is known of one named resource.</summary>
public enum CellStatus : byte
{
    /// <summary>Nobody asked for it yet.</summary>
    Unasked,

    /// <summary>Asked for; no answer yet.</summary>
    Asked,

    /// <summary>There is a model.</summary>
    Loaded,

    /// <summary>The control plane said that it does not exist. Still subscribed, so it is told when that changes.</summary>
    Missing,
}

/// <summary>
/// The place of one named resource: lives as long as its name is of interest, its model is swapped whole. Read by every loop; written by the
/// control loop only.
/// </summary>
public sealed class ResourceCell<T>
    where T : class
{
    private readonly ResourceKind<T> _kind;
    private volatile T? _model;
    private volatile CellStatus _status;
    private List<CellWaiter>? _waiters;
    private long _refuseUntilMs;

    internal ResourceCell(string name, ResourceKind<T> kind)
    {
        Name = name;
        _kind = kind;
    }

    public string Name { get; }

    public CellStatus Status => _status;

    /// <summary>Null while it is not loaded. Read once per request, keep the local.</summary>
    public T? Model => _model;

    internal bool IsSettled => _status is CellStatus.Loaded or CellStatus.Missing;

    /// <summary>
    /// The model, at once when it is loaded. Otherwise the first asker subscribes and all wait together, until it comes, is known to be missing,
    /// or the deadline passes; after that askers are refused at once for a moment. On a data loop.
    /// </summary>
    public LoopTask<Outcome<T>> GetAsync(EventLoop loop)
    {
        if (_model is { } model)
        {
            return new LoopTask<Outcome<T>>(model);
        }

        if (_status == CellStatus.Missing)
        {
            return new LoopTask<Outcome<T>>(_kind.Missing);
        }

        return loop.NowMs < Volatile.Read(ref _refuseUntilMs)
            ? new LoopTask<Outcome<T>>(Fault.DiscoveryTimedOut)
            : WaitAsync(loop);
    }

    /// <summary>Asks for it without waiting. Any thread.</summary>
    public void Want()
    {
        if (_status == CellStatus.Unasked)
        {
            _kind.Ask(this);
        }
    }

    internal void MarkAsked()
    {
        lock (_kind.Gate)
        {
            if (_status == CellStatus.Unasked)
            {
                _status = CellStatus.Asked;
            }
        }
    }

    internal void Load(T model) => Settle(model, CellStatus.Loaded);

    internal void MarkMissing() => Settle(null, CellStatus.Missing);

    private void Settle(T? model, CellStatus status)
    {
        List<CellWaiter>? waiters;
        lock (_kind.Gate)
        {
            _model = model;
            _status = status;
            Volatile.Write(ref _refuseUntilMs, 0);
            waiters = _waiters;
            _waiters = null;
        }

        waiters?.ForEach(w => w.Wake());
    }

    private async LoopTask<Outcome<T>> WaitAsync(EventLoop loop)
    {
        var waiter = new CellWaiter(loop);
        if (TryJoin(waiter))
        {
            Want();
            loop.Schedule(waiter, _kind.Patience.DeadlineMs);
            await waiter.Signal;
            loop.Cancel(waiter);
        }

        if (_model is { } model)
        {
            return model;
        }

        if (_status == CellStatus.Missing)
        {
            return _kind.Missing;
        }

        lock (_kind.Gate)
        {
            _waiters?.Remove(waiter);
        }

        Volatile.Write(ref _refuseUntilMs, loop.NowMs + _kind.Patience.RefuseMs);
        return Fault.DiscoveryTimedOut;
    }

    /// <summary>False: it settled in between.</summary>
    private bool TryJoin(CellWaiter waiter)
    {
        lock (_kind.Gate)
        {
            if (IsSettled)
            {
                return false;
            }

            (_waiters ??= []).Add(waiter);
            return true;
        }
    }
}

/// <summary>What all cells of one kind have in common: a mesh has thousands of them.</summary>
/// <param name="Missing">What a request gets that needs one which does not exist.</param>
/// <param name="Ask">Subscribes.</param>
internal sealed record ResourceKind<T>(Fault Missing, DiscoveryPatience Patience, Action<ResourceCell<T>> Ask)
    where T : class
{
    /// <summary>Held for moments, and only while a model comes or is waited for.</summary>
    public Lock Gate { get; } = new();
}

/// <summary>How long a request waits for what the control plane was not yet asked for.</summary>
/// <param name="DeadlineMs">More than a round trip to a busy control plane; less than most clients' own timeouts.</param>
/// <param name="RefuseMs">After a deadline passed: a dead control plane must not make every request wait.</param>
public sealed record DiscoveryPatience(int DeadlineMs = 5_000, int RefuseMs = 2_000);

/// <summary>One waiting request: its signal, and its deadline in the loop's wheel.</summary>
internal sealed class CellWaiter(EventLoop loop) : LoopTimer
{
    public LoopSignal Signal { get; } = new(loop);

    /// <summary>Any thread.</summary>
    public void Wake() => Signal.SetFromOutside();

    protected override void OnExpired() => Signal.Set();
}
