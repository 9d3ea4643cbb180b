using System.Collections.Immutable;
using Weft.Primitives;

namespace Weft.Policy.Routing;

/// <summary>Picks destinations in proportion to their weights. Immutable.</summary>
internal readonly struct WeightedChoice
{
    private readonly ImmutableArray<DestinationModel> _destinations;
    private readonly uint[] _upTo;

    public WeightedChoice(ImmutableArray<DestinationModel> destinations, string field, ProblemSink problems)
    {
        _destinations = destinations;
        _upTo = [];
        if (destinations.Length == 1)
        {
            return; // of one nobody draws
        }

        ulong sum = 0;
        _upTo = new uint[destinations.Length];
        for (int i = 0; i < _upTo.Length; i++)
        {
            sum += destinations[i].Weight;
            _upTo[i] = (uint)Math.Min(sum, uint.MaxValue);
        }

        if (sum > uint.MaxValue)
        {
            problems.Add(field, $"the weights sum up to {sum}; keep the sum below 4,294,967,296.");
        }
    }

    /// <summary>Null when there is nobody to pick: no destination, or several that all have weight 0.</summary>
    public DestinationModel? Pick(ulong random)
    {
        if (_destinations.Length == 1)
        {
            return _destinations[0]; // the weight of a single destination has no meaning
        }

        if (_upTo.Length == 0 || _upTo[^1] == 0)
        {
            return null;
        }

        uint drawn = Draw.Below(Draw.Mix(random, Draws.Destination), _upTo[^1]);
        int i = 0;
        while (_upTo[i] <= drawn)
        {
            i++;
        }

        return _destinations[i];
    }
}
