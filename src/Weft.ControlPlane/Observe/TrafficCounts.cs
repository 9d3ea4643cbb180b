namespace Weft.ControlPlane.Observe;

/// <summary>What happened on one edge in one stretch of time. Written under the book's gate.</summary>
internal sealed class TrafficCounts
{
    private ulong[]? _latency;

    public ulong Requests { get; set; }

    public ulong Failures { get; set; }

    /// <summary>Requests and opened connections over mutual TLS.</summary>
    public ulong Encrypted { get; set; }

    /// <summary>Requests and opened connections that reached a workload: injected faults and unserved services reach none.</summary>
    public ulong Carried { get; set; }

    public double LatencySumMs { get; set; }

    public ulong Opened { get; set; }

    public ulong Closed { get; set; }

    public ulong BytesSent { get; set; }

    public ulong BytesReceived { get; set; }

    public ReadOnlySpan<ulong> Latency => _latency;

    public bool IsEmpty => Requests == 0 && Opened == 0 && Closed == 0 && BytesSent == 0 && BytesReceived == 0;

    public void Add(TrafficCounts other)
    {
        Requests += other.Requests;
        Failures += other.Failures;
        Encrypted += other.Encrypted;
        Carried += other.Carried;
        LatencySumMs += other.LatencySumMs;
        Opened += other.Opened;
        Closed += other.Closed;
        BytesSent += other.BytesSent;
        BytesReceived += other.BytesReceived;
        AddLatency(other.Latency);
    }

    public void AddLatency(ReadOnlySpan<ulong> buckets)
    {
        if (buckets.IsEmpty)
        {
            return;
        }

        if (_latency is null || _latency.Length < buckets.Length)
        {
            Array.Resize(ref _latency, buckets.Length);
        }

        for (int i = 0; i < buckets.Length; i++)
        {
            _latency[i] += buckets[i];
        }
    }
}
