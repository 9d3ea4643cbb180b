namespace Weft.Bench.Measure;

/// <summary>One measured run of one contender. CPU is that of the proxy's processes only, in microseconds per request.</summary>
internal sealed record Run(
    string Scenario, string Contender, int Connections, int Rate, long Requests, long Errors, double CpuMicrosPerRequest, double UserMicros,
    double SystemMicros, double P50Ms, double P90Ms, double P99Ms, double P999Ms, double RssMiB, int Round)
{
    /// <summary>Of work measured in the benchmark's own process; 0 for programs that run beside it.</summary>
    public long AllocatedBytesPerRequest { get; init; }

    /// <summary>Of memory at rest: the pages that are the process's own, and its share of those that are not; else 0.</summary>
    public double AnonMiB { get; init; }

    /// <inheritdoc cref="AnonMiB"/>
    public double PssMiB { get; init; }

    /// <summary>Of idle connections and of services: what the proxy's memory grew by since before the first of them; else 0.</summary>
    public double KiBPerConnection { get; init; }

    public override string ToString() =>
        $"{Scenario,-20} round {Round} {Contender,-10} {Requests,9} requests {CpuMicrosPerRequest,7:F2} µs ({UserMicros:F1}+{SystemMicros:F1}) p50 {P50Ms:F3} p99 {P99Ms:F3} ms {RssMiB:F1} MiB"
        + (PssMiB > 0 ? $" ({AnonMiB:F1} its own, {PssMiB:F1} its share)" : "")
        + (KiBPerConnection > 0 ? $" {KiBPerConnection:F2} KiB each" : "")
        + (Errors > 0 ? $" {Errors} ERRORS" : "");
}

/// <summary>What the load generator is asked for. Rate 0: as fast as answers come.</summary>
internal sealed record LoadOrder(int Port, int Connections, double Seconds, int Rate);

/// <summary>What the load generator says about one run.</summary>
internal sealed record LoadResult(long Requests, long Errors, double Seconds, double P50Ms, double P90Ms, double P99Ms, double P999Ms);
