namespace Weft.Conformance.Live.Kit;

/// <summary>All that applications saw, by the request's id.</summary>
internal sealed class Sightings
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Sighting>> _seen = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Add(string id, Sighting sighting)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            (_seen.TryGetValue(id, out List<Sighting>? list) ? list : _seen[id] = []).Add(sighting);
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    public Sighting[] Of(string id)
    {
        lock (_gate)
        {
            return _seen.TryGetValue(id, out List<Sighting>? list) ? [.. list] : [];
        }
    }

    /// <summary>Waits for one that fits; false when none came.</summary>
    public async Task<bool> AwaitAsync(string id, Func<Sighting, bool> fits)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
            }

            if (Of(id).Any(fits))
            {
                return true;
            }

            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }
}
