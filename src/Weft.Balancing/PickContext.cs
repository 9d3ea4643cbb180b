using System.Runtime.CompilerServices;

namespace Weft.Balancing;

/// <summary>What a pick may depend on besides the endpoints.</summary>
/// <param name="Now">A monotonic timestamp.</param>
/// <param name="Random">One fresh number per pick.</param>
/// <param name="Hash">The hash of the request's keys; null when it has none.</param>
/// <param name="LeavesLocality">Groups of endpoints that were tried already come last.</param>
public readonly record struct PickContext(TimeSpan Now, ulong Random, ulong? Hash = null, bool LeavesLocality = false);

/// <summary>What came of a pick.</summary>
public enum PickOutcome : byte
{
    /// <summary>Nobody can take it: Fault.NoEndpoints.</summary>
    NoEndpoints,
    Picked,

    /// <summary>Dial where the client dialled.</summary>
    OriginalDestination,
}

/// <param name="Endpoint">Set exactly when <paramref name="Outcome"/> is <see cref="PickOutcome.Picked"/>.</param>
public readonly record struct PickResult(PickOutcome Outcome, EndpointModel? Endpoint);

/// <summary>The endpoints that attempts of one request went to. Held by the request; beyond its capacity the oldest are forgotten.</summary>
public struct TriedEndpoints
{
    private const int Capacity = 8;

    private Items _items;
    private int _count;

    public readonly bool IsEmpty => _count == 0;

    public void Add(EndpointModel endpoint) => _items[_count++ % Capacity] = endpoint;

    /// <summary>By identity, so that a swap of models in between makes no difference.</summary>
    public readonly bool Contains(EndpointModel endpoint)
    {
        int filled = Math.Min(_count, Capacity);
        for (int i = 0; i < filled; i++)
        {
            if (ReferenceEquals(_items[i]?.State, endpoint.State))
            {
                return true;
            }
        }

        return false;
    }

    [InlineArray(Capacity)]
    private struct Items
    {
        private EndpointModel? _first;
    }
}
