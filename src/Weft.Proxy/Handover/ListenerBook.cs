using Weft.Transport;

namespace Weft.Proxy.Handover;

/// <summary>
/// The sockets that this process listens on, by name, so that they can be handed to the next one: opened anew, or taken over from the one before.
/// A name holds what was asked for ("inbound 127.0.0.1:0"), so that a changed address is opened anew. Any thread.
/// </summary>
public sealed class ListenerBook
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LoopListener> _open = new(StringComparer.Ordinal);
    private readonly List<Action> _others = [];
    private Dictionary<string, int> _inherited = [];

    /// <summary>Sockets of the process before us, until <see cref="CloseUnclaimed"/>. They are the book's.</summary>
    internal void Inherit(Dictionary<string, int> descriptors)
    {
        lock (_gate)
        {
            _inherited = descriptors;
        }
    }

    /// <summary>Takes over the socket of that name, or makes one; then accepts from it.</summary>
    /// <exception cref="IOException">From <paramref name="make"/>.</exception>
    internal LoopListener Listen(string name, Func<int> make, Func<int, LoopListener> start)
    {
        lock (_gate)
        {
            LoopListener listener = start(_inherited.Remove(name, out int inherited) ? inherited : make());
            _open[name] = listener;
            return listener;
        }
    }

    /// <summary>What else reads from a shared socket and must stop when the next process serves: it is passed by somebody else.</summary>
    internal void AlsoStop(Action stop)
    {
        lock (_gate)
        {
            _others.Add(stop);
        }
    }

    /// <summary>Closes one, and waits until its address is free. Not for a loop's thread.</summary>
    internal void Close(string name)
    {
        LoopListener? listener;
        lock (_gate)
        {
            _open.Remove(name, out listener);
        }

        listener?.StopAndWait();
    }

    /// <summary>What the process before us had and nobody asked for: its configuration was another one.</summary>
    internal void CloseUnclaimed()
    {
        Dictionary<string, int> unclaimed;
        lock (_gate)
        {
            (unclaimed, _inherited) = (_inherited, []);
        }

        foreach (int descriptor in unclaimed.Values)
        {
            Sockets.Close(descriptor);
        }
    }

    /// <summary>Each open listener with a descriptor of the caller's for it. Waits for loops: not for a loop's thread.</summary>
    internal async Task<IReadOnlyList<(string Name, int Descriptor)>> DuplicateAsync()
    {
        KeyValuePair<string, LoopListener>[] open;
        lock (_gate)
        {
            open = [.. _open];
        }

        var copies = new List<(string, int)>();
        foreach ((string name, LoopListener listener) in open)
        {
            if (await listener.DuplicateAsync() is >= 0 and var descriptor)
            {
                copies.Add((name, descriptor));
            }
        }

        return copies;
    }

    /// <summary>Accepts nothing more. What waits in the sockets' queues is the other process's.</summary>
    internal void StopAll()
    {
        lock (_gate)
        {
            foreach (LoopListener listener in _open.Values)
            {
                listener.Stop();
            }

            _open.Clear();
            _others.ForEach(static stop => stop());
            _others.Clear();
        }
    }
}
