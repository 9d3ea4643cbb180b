using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Weft.Dialects.Fields;
using Weft.Resources;

namespace Weft.ControlPlane.Rollouts;

/// <summary>One of the two versions that share the traffic.</summary>
/// <param name="Name">The version label of its workloads; empty: whatever serves its service.</param>
/// <param name="Subset">Of a DestinationRule; empty: told by its service alone.</param>
/// <param name="Service">Host or backend name as the target writes it; empty: any.</param>
internal sealed record RolloutVersion(string Name, string Subset, string Service)
{
    public static RolloutVersion Of(Field version) =>
        new(version["name"].Text.Length > 0 ? version["name"].Text : version["subset"].Text, version["subset"].Text, version["service"].Text);
}

/// <summary>weft.dev Rollout as it is written, with its defaults.</summary>
internal sealed record RolloutConfig
{
    public static readonly TimeSpan IntervalDefault = TimeSpan.FromSeconds(30);
    public const double SuccessRateDefault = 0.99;
    public const uint MinRequestsDefault = 20;

    private static readonly ImmutableArray<int> StepsDefault = [5, 25, 50, 100];

    public required string TargetKind { get; init; }

    public required string TargetName { get; init; }

    public required RolloutVersion Stable { get; init; }

    public required RolloutVersion Canary { get; init; }

    /// <summary>The canary's percentages, ascending; the last one is where it ends.</summary>
    public ImmutableArray<int> Steps { get; init; } = StepsDefault;

    /// <summary>How long each step must hold.</summary>
    public TimeSpan Interval { get; init; } = IntervalDefault;

    /// <summary>Of the canary's requests; less takes it back.</summary>
    public double SuccessRate { get; init; } = SuccessRateDefault;

    /// <summary>Of 99 in 100 of the canary's requests; null: not asked.</summary>
    public TimeSpan? MaxLatency { get; init; }

    /// <summary>Fewer say nothing: the step waits for them.</summary>
    public uint MinRequests { get; init; } = MinRequestsDefault;

    public bool IsPaused { get; init; }

    public static RolloutConfig Of(Resource rollout)
    {
        Field spec = new(rollout.Spec);
        int[] steps = [.. spec["steps"].Items.Select(s => (int)(s.Number ?? 0)).Where(s => s is > 0 and <= 100).Distinct().Order()];
        return new RolloutConfig
        {
            TargetKind = spec["target"]["kind"].Text,
            TargetName = spec["target"]["name"].Text,
            Stable = RolloutVersion.Of(spec["stable"]),
            Canary = RolloutVersion.Of(spec["canary"]),
            Steps = steps.Length == 0 ? StepsDefault : [.. steps],
            Interval = spec["interval"].Duration is { Ticks: > 0 } interval ? interval : IntervalDefault,
            SuccessRate = spec["successRate"].Real ?? SuccessRateDefault,
            MaxLatency = spec["maxLatency"].Duration is { Ticks: > 0 } latency ? latency : null,
            MinRequests = spec["minRequests"].Number ?? MinRequestsDefault,
            IsPaused = spec["paused"].IsTrue,
        };
    }
}
