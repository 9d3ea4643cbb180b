namespace Weft.Proxy.Health;

/// <summary>When one endpoint is asked next, and how it answered lately. Of the checker's loop.</summary>
internal sealed class ProbeSchedule
{
    internal long DueMs { get; set; }

    internal bool IsUnderWay { get; set; }

    /// <summary>In a row; one of the two is 0.</summary>
    internal int Failures { get; private set; }

    internal int Successes { get; private set; }

    internal void Count(bool isHealthy)
    {
        Failures = isHealthy ? 0 : Failures + 1;
        Successes = isHealthy ? Successes + 1 : 0;
    }
}
