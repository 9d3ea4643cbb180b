using Weft.Telemetry.Taps;

namespace Weft.Telemetry;

/// <summary>What is recorded besides counters. Immutable; swapped whole when the workload's configuration changes.</summary>
/// <param name="AccessLog">A line per request.</param>
/// <param name="SamplingPercent">Of traces that start here; those that arrive keep their decision.</param>
/// <param name="Spans">Spans are collected for export.</param>
/// <param name="Tap">Null while nobody watches.</param>
public sealed record TelemetrySettings(bool AccessLog, bool Spans, double SamplingPercent, TapFilter? Tap)
{
    public static TelemetrySettings CountersOnly { get; } = new(AccessLog: false, Spans: false, SamplingPercent: 0, Tap: null);
}
