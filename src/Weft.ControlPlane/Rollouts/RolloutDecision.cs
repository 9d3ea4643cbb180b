using System.Globalization;

namespace Weft.ControlPlane.Rollouts;

/// <summary>What a rollout does next. Pure: asked again every second, it mostly answers "wait".</summary>
internal static class RolloutDecision
{
    /// <remarks>(1) begin (2) what has ended stays (3) back, as soon as it shows (4) wait (5) on</remarks>
    public static RolloutProgress Next(RolloutConfig config, long generation, RolloutProgress? progress, RolloutSignals signals, DateTimeOffset now)
    {
        if (progress is null || progress.Generation != generation)                                              // (1)
        {
            int first = config.Steps[0];
            return new RolloutProgress(generation, RolloutPhase.Progressing, 0, now, "", progress?.History ?? [])
                .With(RolloutPhase.Progressing, 0, now, first, $"The new version gets {first} %.");
        }

        if (progress.Phase is not RolloutPhase.Progressing)                                                     // (2)
        {
            return progress;
        }

        bool isKnown = signals.Requests >= config.MinRequests;
        if (isKnown && Failure(config, signals) is { } failure)                                                 // (3)
        {
            return progress.With(RolloutPhase.RolledBack, progress.Step, now, 0, $"{failure} The old version has all of the traffic again.");
        }

        if (config.IsPaused)                                                                                    // (4)
        {
            return progress with { Message = $"Paused at {progress.WeightOf(config)} %." };
        }

        if (now - progress.Since < config.Interval)
        {
            return progress;
        }

        if (!isKnown)
        {
            return progress with { Message = $"Waiting for {config.MinRequests} requests to judge by." };
        }

        if (progress.Step >= config.Steps.Length - 1)                                                           // (5)
        {
            return progress.With(RolloutPhase.Succeeded, progress.Step, now, config.Steps[^1], "Every step held.");
        }

        int next = progress.Step + 1;
        return progress.With(RolloutPhase.Progressing, next, now, config.Steps[next], $"The step held: the new version gets {config.Steps[next]} %.");
    }

    private static string? Failure(RolloutConfig config, RolloutSignals signals)
    {
        if (signals.SuccessRate < config.SuccessRate)
        {
            return string.Create(CultureInfo.InvariantCulture, $"Of {signals.Requests} requests {signals.SuccessRate * 100:F1} % succeeded, less than {config.SuccessRate * 100:F1} %.");
        }

        return config.MaxLatency is { } most && signals.P99Ms > most.TotalMilliseconds
            ? string.Create(CultureInfo.InvariantCulture, $"One request in a hundred took {signals.P99Ms:F0} ms or more, longer than {most.TotalMilliseconds:F0} ms.")
            : null;
    }
}
