using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Transport;

namespace Weft.Proxy.State;

/// <summary>
/// Make before break: new routes are held until every cluster they name is loaded, or known to be missing, or the deadline passes; the old ones
/// serve meanwhile. Control loop only.
/// </summary>
internal sealed class RouteActivation(ResourceCells cells, Func<long> nowMs, DiscoveryPatience patience)
{
    private readonly Dictionary<string, Held> _held = new(StringComparer.Ordinal);

    /// <summary>Earliest deadline of what is held, or null.</summary>
    public long? NextDeadlineMs => _held.Count == 0 ? null : _held.Values.Min(h => h.DeadlineMs);

    /// <summary>A newer table of the same name replaces a held one.</summary>
    public void Hold(string routes, IEnumerable<string> clusters, Action activate)
    {
        List<ResourceCell<ClusterState>> waits = [.. clusters.Distinct(StringComparer.Ordinal).Select(cells.Cluster)];
        waits.ForEach(c => c.Want());
        waits.RemoveAll(c => c.IsSettled);
        if (waits.Count == 0)
        {
            _held.Remove(routes);
            activate();
            return;
        }

        // A name that keeps changing must not hold its first change for ever.
        long deadline = _held.TryGetValue(routes, out Held? earlier) ? earlier.DeadlineMs : nowMs() + patience.DeadlineMs;
        _held[routes] = new Held(waits, activate, deadline);
    }

    public void Forget(string routes) => _held.Remove(routes);

    /// <summary>Activates what waits no longer. After every delta, and at <see cref="NextDeadlineMs"/>.</summary>
    public void Settle()
    {
        if (_held.Count == 0)
        {
            return;
        }

        long now = nowMs();
        foreach ((string name, Held held) in _held.ToArray())
        {
            held.Waits.RemoveAll(c => c.IsSettled);
            if (held.Waits.Count == 0 || now >= held.DeadlineMs)
            {
                _held.Remove(name);
                held.Activate();
            }
        }
    }

    private sealed record Held(List<ResourceCell<ClusterState>> Waits, Action Activate, long DeadlineMs);
}
