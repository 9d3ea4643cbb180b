namespace Weft.Telemetry.Metrics;

/// <summary>What makes two edges the same.</summary>
/// <param name="Outbound">Reported by the source's proxy; otherwise by the destination's.</param>
/// <param name="Service">Full name of the service that was called, or the authority of something outside the mesh.</param>
public sealed record EdgeKey(
    bool Outbound, Party Source, Party Destination, string Service, string ServiceName, string ServiceNamespace, int Port, bool MutualTls);

/// <summary>
/// One direction of one (source, destination, service, port) with its counters: every label is known, so counting is an
/// increment. Shared by all loops; each loop writes its own series only.
/// </summary>
public sealed class Edge
{
    private readonly EdgeSeries?[] _perLoop;

    internal Edge(EdgeKey key, int loops)
    {
        Key = key;
        _perLoop = new EdgeSeries?[loops];
    }

    public EdgeKey Key { get; }

    /// <summary>Grows with everything that is counted: equal to before means that nothing happened. Any thread.</summary>
    public ulong Activity
    {
        get
        {
            ulong sum = 0;
            for (int i = 0; i < _perLoop.Length; i++)
            {
                sum += Volatile.Read(ref _perLoop[i])?.Activity ?? 0;
            }

            return sum;
        }
    }

    internal EdgeSeries Series(int loop) => _perLoop[loop] ?? AddSeries(loop);

    /// <summary>The sums over all loops. Any thread.</summary>
    public EdgeTotals Merge()
    {
        var totals = new EdgeTotals(this);
        for (int i = 0; i < _perLoop.Length; i++)
        {
            Volatile.Read(ref _perLoop[i])?.MergeInto(totals);
        }

        return totals;
    }

    private EdgeSeries AddSeries(int loop)
    {
        var series = new EdgeSeries();
        Volatile.Write(ref _perLoop[loop], series);
        return series;
    }
}
