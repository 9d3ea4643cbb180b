using Weft.Primitives;

namespace Weft.Balancing;

/// <summary>
/// A way of choosing among the endpoints of one group that may be picked now. Made anew when they change; immutable but for cursors that
/// loops share.
/// </summary>
internal abstract class Picker(EndpointModel[] endpoints)
{
    protected EndpointModel[] Endpoints { get; } = endpoints;

    /// <summary>Null: all that there are were tried already.</summary>
    public abstract EndpointModel? Pick(in PickContext context, in TriedEndpoints tried);

    public bool HasTried(in TriedEndpoints tried)
    {
        foreach (var endpoint in Endpoints)
        {
            if (tried.Contains(endpoint))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Any endpoint that was not tried yet, beginning at a random place.</summary>
    protected EndpointModel? AnyUntried(ulong random, in TriedEndpoints tried)
    {
        int start = (int)Draw.Below(random, (uint)Endpoints.Length);
        for (int i = 0; i < Endpoints.Length; i++)
        {
            var endpoint = Endpoints[(start + i) % Endpoints.Length];
            if (!tried.Contains(endpoint))
            {
                return endpoint;
            }
        }

        return null;
    }
}

/// <summary>Draws indexes in proportion to weights. Immutable.</summary>
internal sealed class WeightedSampler
{
    private readonly double[]? _upTo; // null: all weights are the same
    private readonly int _count;

    public WeightedSampler(double[] weights)
    {
        _count = weights.Length;
        if (weights.AsSpan().IndexOfAnyExcept(weights.Length == 0 ? 0 : weights[0]) < 0)
        {
            return;
        }

        _upTo = new double[weights.Length];
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            _upTo[i] = sum += weights[i];
        }
    }

    /// <summary>Of one there is nothing to draw.</summary>
    public static WeightedSampler Single { get; } = new([1]);

    public bool IsUniform => _upTo is null;

    public int Next(ulong random)
    {
        if (_upTo is null)
        {
            return (int)Draw.Below(random, (uint)_count);
        }

        double drawn = (random >> 11) * (1.0 / (1UL << 53)) * _upTo[^1];
        int found = _upTo.AsSpan().BinarySearch(drawn);
        return Math.Min(found >= 0 ? found + 1 : ~found, _count - 1);
    }
}

/// <summary>Each pick is independent.</summary>
internal sealed class RandomPicker(EndpointModel[] endpoints, double[] weights) : Picker(endpoints)
{
    private readonly WeightedSampler _sampler = new(weights);

    public override EndpointModel? Pick(in PickContext context, in TriedEndpoints tried)
    {
        var endpoint = Endpoints[_sampler.Next(context.Random)];
        return tried.IsEmpty || !tried.Contains(endpoint) ? endpoint : AnyUntried(Draw.Mix(context.Random, 1), tried);
    }
}

/// <summary>
/// The better of two drawn endpoints ("power of two choices"), which is nearly as good as the best of all and needs no common view. Weights
/// decide who is drawn, the score who is taken.
/// </summary>
internal abstract class TwoChoicesPicker(EndpointModel[] endpoints, double[] weights) : Picker(endpoints)
{
    private readonly WeightedSampler _sampler = weights.Length == 1 ? WeightedSampler.Single : new(weights);

    public override EndpointModel? Pick(in PickContext context, in TriedEndpoints tried)
    {
        int count = Endpoints.Length;
        if (count == 1)
        {
            return tried.Contains(Endpoints[0]) ? null : Endpoints[0];
        }

        int a = _sampler.Next(context.Random);
        int b = Second(a, Draw.Mix(context.Random, 1), count);
        var first = Endpoints[a];
        var second = Endpoints[b];
        if (!tried.IsEmpty)
        {
            bool firstTried = tried.Contains(first);
            if (tried.Contains(second))
            {
                return firstTried ? AnyUntried(Draw.Mix(context.Random, 2), tried) : first;
            }

            if (firstTried)
            {
                return second;
            }
        }

        return IsBetter(second, first, context.Now) ? second : first;
    }

    /// <summary>Equal endpoints go to the first drawn, so weights hold without load.</summary>
    protected virtual bool IsBetter(EndpointModel candidate, EndpointModel than, TimeSpan now) => Score(candidate, now) < Score(than, now);

    /// <summary>Lower is better.</summary>
    protected abstract double Score(EndpointModel endpoint, TimeSpan now);

    private int Second(int first, ulong random, int count)
    {
        if (_sampler.IsUniform)
        {
            int other = (int)Draw.Below(random, (uint)(count - 1));
            return other >= first ? other + 1 : other;
        }

        return _sampler.Next(random);
    }
}

/// <summary>
/// Fewest requests in flight, in relation to weight; of two where one answers several times slower, the other. Counting alone sends a slow endpoint
/// its full share whenever nobody has anything in flight, which is most of the time.
/// </summary>
internal sealed class LeastRequestPicker(EndpointModel[] endpoints, double[] weights) : TwoChoicesPicker(endpoints, weights)
{
    /// <summary>How much slower is slow: different versions of one service may well differ by half of that.</summary>
    private const double SlowFactor = 5;

    /// <summary>Faster than this nobody is slow, however fast the others are.</summary>
    private static readonly TimeSpan SlowAtLeast = TimeSpan.FromMilliseconds(5);

    /// <summary>What was measured fades in this time, so that an endpoint that was slow is tried again.</summary>
    private static readonly TimeSpan Fading = TimeSpan.FromSeconds(10);

    protected override double Score(EndpointModel endpoint, TimeSpan now) => (double)endpoint.State.Active / endpoint.Weight;

    protected override bool IsBetter(EndpointModel candidate, EndpointModel than, TimeSpan now)
    {
        if (IsSlow(than.State, candidate.State, now))
        {
            return true;
        }

        return !IsSlow(candidate.State, than.State, now) && Score(candidate, now) < Score(than, now);
    }

    private static bool IsSlow(EndpointState endpoint, EndpointState than, TimeSpan now)
    {
        double mean = endpoint.Mean, other = than.Mean;
        return mean >= SlowAtLeast.Ticks && other > 0 && mean > other * SlowFactor
            && endpoint.MeanAt(now, Fading.Ticks) > other * SlowFactor;
    }
}

/// <summary>Least expected waiting time: response time, moving average with instant peaks, times requests in flight.</summary>
internal sealed class PeakEwmaPicker(EndpointModel[] endpoints, double[] weights) : TwoChoicesPicker(endpoints, weights)
{
    /// <summary>As linkerd's: after that long an observation counts a third.</summary>
    public static readonly TimeSpan Decay = TimeSpan.FromSeconds(10);

    /// <summary>As linkerd's guess for an endpoint that never answered; low enough to be tried, and any real answer replaces it.</summary>
    public static readonly TimeSpan FirstGuess = TimeSpan.FromMilliseconds(30);

    protected override double Score(EndpointModel endpoint, TimeSpan now) =>
        endpoint.State.LatencyAt(now, Decay.Ticks) * (endpoint.State.Active + 1) / endpoint.Weight;
}
