using System.Diagnostics.CodeAnalysis;
using Weft.Resources;

namespace Weft.Stores.Log;

/// <summary>The newest events, for watches. One writer; any number of readers, who copy what they need under the gate.</summary>
internal sealed class EventRing(int capacity, long revisionBefore)
{
    private readonly Lock _gate = new();
    private readonly ResourceEvent[] _events = new ResourceEvent[capacity];
    private long _count;
    private long _goneTo = revisionBefore;
    private TaskCompletionSource _more = NewSignal();

    public void Add(IReadOnlyList<ResourceEvent> events)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            foreach (ResourceEvent e in events)
            {
                ref ResourceEvent slot = ref _events[_count % capacity];
                _goneTo = _count >= capacity ? slot.Revision : _goneTo;
                slot = e;
                _count++;
            }

            signal = _more;
            _more = NewSignal();
        }

        signal.SetResult();
    }

    /// <summary>Up to <paramref name="max"/> events after a revision; none means wait for <paramref name="more"/>.</summary>
    /// <returns>False when events after that revision are already forgotten.</returns>
    public bool TryRead(long after, int max, out IReadOnlyList<ResourceEvent> events, [NotNullWhen(true)] out Task? more, out long goneTo)
    {
        lock (_gate)
        {
            goneTo = _goneTo;
            more = _more.Task;
            events = [];
            if (after < _goneTo)
            {
                return false;
            }

            long low = Math.Max(0, _count - capacity);
            long first = low;
            for (long high = _count; first < high;)
            {
                long middle = first + ((high - first) / 2);
                if (_events[middle % capacity].Revision <= after)
                {
                    first = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            int length = (int)Math.Min(max, _count - first);
            ResourceEvent[] found = new ResourceEvent[length];
            for (int i = 0; i < length; i++)
            {
                found[i] = _events[(first + i) % capacity];
            }

            events = found;
            return true;
        }
    }

    // Watchers resume on the pool: the writer must not run their code.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
