namespace Weft.Telemetry.Metrics;

/// <summary>Every edge of the process. Asked when a configuration compiles or a connection starts, never per request. Any thread.</summary>
public sealed class EdgeTable(int loops, int edgesMax = EdgeTable.EdgesMaxDefault)
{
    /// <summary>Edges kept apart. A client that makes up authorities must not fill our memory; what is above is counted as one edge.</summary>
    public const int EdgesMaxDefault = 4_096;

    private readonly Lock _gate = new();
    private readonly Dictionary<EdgeKey, Edge> _edges = [];

    public int Loops { get; } = loops;

    public Edge Intern(EdgeKey key)
    {
        lock (_gate)
        {
            if (_edges.TryGetValue(key, out Edge? known))
            {
                return known;
            }

            if (_edges.Count >= edgesMax)
            {
                key = new EdgeKey(key.Outbound, Party.Unknown, Party.Unknown, "overflow", "overflow", "unknown", 0, key.MutualTls);
                if (_edges.TryGetValue(key, out known))
                {
                    return known;
                }
            }

            return _edges[key] = new Edge(key, Loops);
        }
    }

    /// <summary>Of all edges: equal to before means that nothing was counted.</summary>
    public ulong Activity => Snapshot().Aggregate(0UL, static (sum, edge) => sum + edge.Activity);

    public IReadOnlyList<Edge> Snapshot()
    {
        lock (_gate)
        {
            return [.. _edges.Values];
        }
    }
}
