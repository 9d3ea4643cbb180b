namespace Weft.Balancing;

/// <summary>
/// What part of one caller's requests each zone of its region gets: its own as much as it can take without its endpoints getting more than all others, the
/// rest goes where there is more capacity than callers. Pure.
/// </summary>
/// <remarks>
/// How many callers a zone has, nobody tells: they are taken to be spread evenly over the zones (docs/adr/0021-zone-aware-balancing.md). Then every
/// endpoint of all zones gets the same from all callers together, whatever the zones' sizes.
/// </remarks>
internal static class ZoneShares
{
    /// <param name="capacities">Of each zone: the weights of its endpoints that can be picked. An empty zone still has callers.</param>
    /// <param name="own">The caller's zone among them; -1: no endpoint of the cluster is there.</param>
    public static double[] Of(ReadOnlySpan<double> capacities, int own)
    {
        double[] shares = new double[capacities.Length];
        double total = 0;
        foreach (double capacity in capacities)
        {
            total += capacity;
        }

        if (total <= 0)
        {
            return shares;
        }

        double callers = 1.0 / (capacities.Length + (own < 0 ? 1 : 0));
        double kept = own < 0 ? 0 : Math.Min(1, capacities[own] / total / callers);
        double surplus = 0;
        for (int i = 0; i < shares.Length; i++)
        {
            shares[i] = i == own ? 0 : Math.Max(0, (capacities[i] / total) - callers);
            surplus += shares[i];
        }

        for (int i = 0; i < shares.Length; i++)
        {
            shares[i] = i == own ? kept : surplus > 0 ? (1 - kept) * shares[i] / surplus : 0;
        }

        return shares;
    }
}
