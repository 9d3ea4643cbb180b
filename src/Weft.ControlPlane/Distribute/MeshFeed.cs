namespace Weft.ControlPlane.Distribute;

/// <summary>
/// The newest view, and who wants to know of a newer one. Nothing is there before the first publication: subscribers
/// wait, they are never told that something does not exist only because it is not loaded yet. Thread-safe.
/// </summary>
internal sealed class MeshFeed
{
    private readonly Lock _gate = new();
    private readonly HashSet<Action> _listeners = [];
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IMeshView? _current;

    public bool IsLoaded => _current is not null;

    /// <summary>Throws before the first publication: await <see cref="WhenLoadedAsync"/> first.</summary>
    public IMeshView Current => _current ?? throw new InvalidOperationException("The mesh is not loaded yet.");

    public Task WhenLoadedAsync(CancellationToken ct) => _loaded.Task.WaitAsync(ct);

    public void Publish(IMeshView view)
    {
        _current = view;
        _loaded.TrySetResult();
        Notify();
    }

    /// <summary>Says that something beside the mesh changed (taps): subscribers compare again.</summary>
    public void Notify()
    {
        Action[] listeners;
        lock (_gate)
        {
            listeners = [.. _listeners];
        }

        foreach (Action listener in listeners)
        {
            listener();
        }
    }

    /// <param name="listener">Called on the publisher's thread: it only sets a flag and returns.</param>
    public IDisposable Listen(Action listener)
    {
        lock (_gate)
        {
            _listeners.Add(listener);
        }

        return new Registration(this, listener);
    }

    private sealed class Registration(MeshFeed feed, Action listener) : IDisposable
    {
        public void Dispose()
        {
            lock (feed._gate)
            {
                feed._listeners.Remove(listener);
            }
        }
    }
}
