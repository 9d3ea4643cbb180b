namespace Weft.ControlPlane.Observe;

/// <summary>What the traffic memory may hold. All of it is bounded: 2 000 busy edges take some 60 MB.</summary>
internal static class TrafficLimits
{
    /// <summary>Edges between workload versions; beyond it the one that was idle longest goes, and its loss is counted.</summary>
    public const int EdgesMax = 2_000;

    /// <summary>Sums kept per (reporter, edge) to take differences from; a reporter beyond it is told nothing and loses only new edges.</summary>
    public const int BaselinesMax = 50_000;

    /// <summary>Statuses told apart per edge; rarer ones are summed under 0.</summary>
    public const int StatusesMax = 16;

    /// <summary>Buckets of one second: the live view.</summary>
    public const int SecondBuckets = 60;

    /// <summary>Buckets of ten seconds: fifteen minutes of history.</summary>
    public const int TenSecondBuckets = 90;

    /// <summary>Watchers of live traffic and taps at once; one more is answered 429.</summary>
    public const int WatchersMax = 64;

    /// <summary>Tapped requests waiting for one slow watcher; newer ones are dropped and counted to it.</summary>
    public const int TapEventsQueuedMax = 1_000;

    /// <summary>Tapped requests a second that one proxy sends for one tap.</summary>
    public const uint TapPerSecondMax = 200;
}
