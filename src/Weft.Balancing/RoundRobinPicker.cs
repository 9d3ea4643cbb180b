using Weft.Primitives;

namespace Weft.Balancing;

/// <summary>
/// In turn, the heavier ones more often and evenly spread (smooth weighted round robin). The turn is one shared number that all loops step, so the
/// order holds for the whole proxy.
/// </summary>
internal sealed class RoundRobinPicker(EndpointModel[] endpoints, double[] weights, RoundRobinPicker.Cursor cursor) : Picker(endpoints)
{
    // Longer cycles than this are approximated: weights are rounded to shares of it.
    private const int CycleMax = 4096;

    private readonly int[]? _cycle = MakeCycle(weights);

    public override EndpointModel? Pick(in PickContext context, in TriedEndpoints tried)
    {
        int length = _cycle?.Length ?? Endpoints.Length;
        for (int i = 0; i < length; i++)
        {
            uint turn = (uint)((ulong)cursor.Step() % (uint)length);
            var endpoint = Endpoints[_cycle is null ? turn : _cycle[turn]];
            if (tried.IsEmpty || !tried.Contains(endpoint))
            {
                return endpoint;
            }
        }

        // Other loops may have taken all the turns that led to an untried one.
        return AnyUntried(context.Random, tried);
    }

    private static int[]? MakeCycle(double[] weights)
    {
        if (weights.Length < 2 || weights.AsSpan().IndexOfAnyExcept(weights[0]) < 0)
        {
            return null;
        }

        long[] shares = Shares(weights);
        int[] cycle = new int[shares.Sum()];
        var next = new PriorityQueue<int, (double Deadline, int Index)>();
        for (int i = 0; i < shares.Length; i++)
        {
            next.Enqueue(i, (Phase(i, shares.Length) / shares[i], i));
        }

        int[] taken = new int[shares.Length];
        for (int turn = 0; turn < cycle.Length; turn++)
        {
            int i = next.Dequeue();
            cycle[turn] = i;
            taken[i]++;
            next.Enqueue(i, ((taken[i] + Phase(i, shares.Length)) / shares[i], i));
        }

        return cycle;
    }

    /// <summary>Everybody begins at another point of its own period, or endpoints of one weight would come in a row.</summary>
    private static double Phase(int index, int count) => (index + 1.0) / (count + 1);

    /// <summary>Whole weights divided by what they have in common; others, and long cycles, rounded to shares of the longest cycle, at least 1.</summary>
    private static long[] Shares(double[] weights)
    {
        double sum = weights.Sum();
        if (weights.All(w => w == Math.Floor(w) && w <= int.MaxValue))
        {
            long divisor = weights.Aggregate(0L, (g, w) => Gcd(g, (long)w));
            if (sum / divisor <= CycleMax)
            {
                return [.. weights.Select(w => (long)w / divisor)];
            }
        }

        return [.. weights.Select(w => Math.Max(1, (long)Math.Round(w / sum * CycleMax)))];
    }

    private static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);

    /// <summary>The turn, which goes on across swaps of models.</summary>
    internal sealed class Cursor(ulong seed)
    {
        private readonly PaddedCounter _turn = new((long)(seed >> 1));

        public long Step() => _turn.Add(1);
    }
}
