namespace Weft.ControlPlane.Observe;

/// <summary>One edge's memory. Under the book's gate.</summary>
internal sealed class EdgeTraffic(EdgeId id)
{
    private readonly TrafficRing _seconds = new(TrafficLimits.SecondBuckets, 1);
    private readonly TrafficRing _tens = new(TrafficLimits.TenSecondBuckets, 10);
    private readonly Dictionary<uint, ulong> _statuses = [];

    public EdgeId Id => id;

    /// <summary>Since this control plane first heard of the edge.</summary>
    public TrafficCounts Total { get; } = new();

    public IReadOnlyDictionary<uint, ulong> Statuses => _statuses;

    public long LastSeconds { get; private set; }

    public void Add(long unixSeconds, TrafficCounts counts)
    {
        LastSeconds = unixSeconds;
        _seconds.Add(unixSeconds, counts);
        _tens.Add(unixSeconds, counts);
        Total.Add(counts);
    }

    public void AddStatus(uint status, ulong count)
    {
        uint key = _statuses.ContainsKey(status) || _statuses.Count < TrafficLimits.StatusesMax ? status : 0;
        _statuses[key] = _statuses.GetValueOrDefault(key) + count;
    }

    public TrafficCounts Sum(long nowUnixSeconds, int seconds) =>
        seconds < TrafficLimits.SecondBuckets ? _seconds.Sum(nowUnixSeconds, seconds) : _tens.Sum(nowUnixSeconds, seconds);

    public IEnumerable<ulong> Sparkline(long nowUnixSeconds, int count) => _seconds.Requests(nowUnixSeconds, count);
}
