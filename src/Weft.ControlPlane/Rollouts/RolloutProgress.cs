using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Weft.Dialects.Fields;

namespace Weft.ControlPlane.Rollouts;

internal enum RolloutPhase
{
    Progressing,
    Succeeded,
    RolledBack,
}

/// <summary>What the canary's requests looked like since its present step began.</summary>
internal readonly record struct RolloutSignals(ulong Requests, double SuccessRate, double P99Ms);

/// <summary>One line of a rollout's history.</summary>
internal sealed record RolloutEvent(DateTimeOffset Time, int Weight, string What);

/// <summary>How far a rollout has come; kept in its status, so that a control plane that restarts goes on. Immutable.</summary>
/// <param name="Generation">Of the spec that it follows: another one begins anew.</param>
/// <param name="Since">When the present step began.</param>
internal sealed record RolloutProgress(long Generation, RolloutPhase Phase, int Step, DateTimeOffset Since, string Message, ImmutableArray<RolloutEvent> History)
{
    /// <summary>Older lines are dropped.</summary>
    public const int HistoryMax = 32;

    public int WeightOf(RolloutConfig config) => Phase switch
    {
        RolloutPhase.RolledBack => 0,
        _ => config.Steps[Math.Clamp(Step, 0, config.Steps.Length - 1)],
    };

    public RolloutProgress With(RolloutPhase phase, int step, DateTimeOffset now, int weight, string what) => this with
    {
        Phase = phase, Step = step, Since = now, Message = what,
        History = [.. History.Skip(Math.Max(0, History.Length - HistoryMax + 1)), new RolloutEvent(now, weight, what)],
    };

    /// <summary>Null: the status holds none.</summary>
    public static RolloutProgress? Read(JsonObject? status)
    {
        Field read = new(status);
        if (!Enum.TryParse(read["phase"].Text, out RolloutPhase phase) || read["observedGeneration"].Integer is not { } generation
            || !TryTime(read["since"], out DateTimeOffset since))
        {
            return null;
        }

        ImmutableArray<RolloutEvent> history =
            [.. read["history"].Items.Select(h => new RolloutEvent(TryTime(h["time"], out DateTimeOffset at) ? at : since, (int)(h["weight"].Number ?? 0), h["what"].Text))];
        return new RolloutProgress(generation, phase, (int)(read["step"].Number ?? 0), since, read["message"].Text, history);
    }

    public JsonObject ToStatus(RolloutConfig config, RolloutSignals signals) => new()
    {
        ["observedGeneration"] = Generation,
        ["phase"] = Phase.ToString(),
        ["step"] = Step,
        ["steps"] = config.Steps.Length,
        ["weight"] = WeightOf(config),
        ["since"] = Text(Since),
        ["message"] = Message,
        ["requests"] = (long)Math.Min(signals.Requests, long.MaxValue),
        ["successRate"] = signals.Requests == 0 ? "" : $"{(signals.SuccessRate * 100).ToString("F1", CultureInfo.InvariantCulture)}%",
        ["p99Ms"] = signals.Requests == 0 ? "" : signals.P99Ms.ToString("F1", CultureInfo.InvariantCulture),
        ["history"] = new JsonArray([.. History.Select(h => (JsonNode)new JsonObject { ["time"] = Text(h.Time), ["weight"] = h.Weight, ["what"] = h.What })]),
    };

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static bool TryTime(Field field, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(field.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
