namespace Weft.Transport.Processes;

/// <summary>poll(2) over a few descriptors, for the one-threaded loops of the pod agent.</summary>
public sealed unsafe class Readiness(params int[] descriptors)
{
    private readonly ProcessCalls.PollEntry[] _entries = [.. descriptors.Select(fd => new ProcessCalls.PollEntry { Fd = fd, Events = ProcessCalls.POLLIN })];

    /// <summary>Waits until one can be read, is closed, or the time is over. -1 waits without end.</summary>
    public void Wait(int timeoutMs)
    {
        fixed (ProcessCalls.PollEntry* entries = _entries)
        {
            if (ProcessCalls.poll(entries, (nuint)_entries.Length, timeoutMs) < 0)
            {
                foreach (ref ProcessCalls.PollEntry entry in _entries.AsSpan()) { entry.Returned = 0; }
            }
        }
    }

    /// <summary>Whether the descriptor at this place has something to read, its end included.</summary>
    public bool this[int index] => (_entries[index].Returned & (ProcessCalls.POLLIN | ProcessCalls.POLLHUP | ProcessCalls.POLLERR)) != 0;
}
