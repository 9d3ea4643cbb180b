namespace Weft.Telemetry.Metrics;

/// <summary>One edge merged over the loops.</summary>
public sealed class EdgeTotals
{
    private readonly List<ResponseTotals> _responses = [];

    internal EdgeTotals(Edge edge) => Edge = edge;

    public Edge Edge { get; }

    public IReadOnlyList<ResponseTotals> Responses => _responses;

    public ulong TcpOpened { get; internal set; }

    public ulong TcpClosed { get; internal set; }

    public ulong TcpSent { get; internal set; }

    public ulong TcpReceived { get; internal set; }

    public bool HasTcp => TcpOpened > 0;

    internal ResponseTotals Of(ResponseKey key)
    {
        foreach (ResponseTotals known in _responses)
        {
            if (known.Key == key)
            {
                return known;
            }
        }

        var totals = new ResponseTotals(key);
        _responses.Add(totals);
        return totals;
    }
}

/// <summary>One way requests of an edge ended, merged over the loops.</summary>
public sealed class ResponseTotals(ResponseKey key)
{
    public ResponseKey Key { get; } = key;

    public HistogramTotals Latency { get; } = new(LatencyBounds.Milliseconds.Length);

    public HistogramTotals RequestBytes { get; } = new(SizeBounds.Bytes.Length);

    public HistogramTotals ResponseBytes { get; } = new(SizeBounds.Bytes.Length);

    public ulong Count
    {
        get
        {
            ulong sum = 0;
            foreach (ulong count in Latency.Counts)
            {
                sum += count;
            }

            return sum;
        }
    }
}
