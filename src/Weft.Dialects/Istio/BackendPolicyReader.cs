using Weft.Dialects.Fields;
using Weft.Model.V1;
using Weft.Resources;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Dialects.Istio;

/// <summary>weft.dev BackendPolicy → schema, block by block. A value outside its range falls to the nearest one that is allowed; analysis reports it.</summary>
public static class BackendPolicyReader
{
    public const string Kind = "BackendPolicy";

    public const uint UnhealthyAfterDefault = 3;
    public const uint HealthyAfterDefault = 2;
    public const uint ExpectDefault = 200;
    public const uint HedgesDefault = 1;
    public const double HedgeBudgetPercentDefault = 10;
    public const uint ZoneEndpointsDefault = 6;

    public static readonly TimeSpan ProbeIntervalDefault = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan ProbeIntervalMin = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan ProbeIntervalMax = TimeSpan.FromHours(1);
    public static readonly TimeSpan ProbeTimeoutDefault = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan ProbeTimeoutMin = TimeSpan.FromMilliseconds(10);
    public static readonly TimeSpan ProbeTimeoutMax = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan HedgeAfterMin = TimeSpan.FromMilliseconds(1);
    public static readonly TimeSpan HedgeAfterMax = TimeSpan.FromMinutes(1);

    public static HealthCheck? HealthCheck(Resource policy)
    {
        Field block = new Field(policy.Spec)["healthCheck"];
        if (!block.Exists)
        {
            return null;
        }
        HealthCheck check = new()
        {
            Interval = Duration.FromTimeSpan(Within(block["interval"].Duration ?? ProbeIntervalDefault, ProbeIntervalMin, ProbeIntervalMax)),
            Timeout = Duration.FromTimeSpan(Within(block["timeout"].Duration ?? ProbeTimeoutDefault, ProbeTimeoutMin, ProbeTimeoutMax)),
            UnhealthyAfter = Math.Max(1, block["unhealthyAfter"].Number ?? UnhealthyAfterDefault),
            HealthyAfter = Math.Max(1, block["healthyAfter"].Number ?? HealthyAfterDefault),
            Port = block["port"].Number ?? 0,
            Origin = HttpRoutes.OriginOf(policy, "healthCheck"),
        };
        if (block["http"] is { Exists: true } http)
        {
            check.Http = new HealthCheck.Types.Http { Path = http["path"].Text is { Length: > 0 } path ? path : "/", Host = http["host"].Text };
            uint[] expect = [.. http["expect"].Items.Select(e => e.Number ?? 0).Where(e => e > 0).Distinct()];
            check.Http.Expect.AddRange(expect.Length > 0 ? expect : [ExpectDefault]);
        }
        else if (block["grpc"] is { Exists: true } grpc)
        {
            check.Grpc = new HealthCheck.Types.Grpc { Service = grpc["service"].Text };
        }
        else
        {
            check.Tcp = new HealthCheck.Types.Tcp();
        }
        return check;
    }

    public static Hedging? Hedging(Resource policy)
    {
        Field block = new Field(policy.Spec)["hedging"];
        return block["after"].Duration is not { } after ? null : new Hedging
        {
            After = Duration.FromTimeSpan(Within(after, HedgeAfterMin, HedgeAfterMax)),
            Attempts = Math.Max(1, block["attempts"].Number ?? HedgesDefault),
            BudgetPercent = Math.Clamp(block["budgetPercent"].Real ?? HedgeBudgetPercentDefault, 0, 100),
            Origin = HttpRoutes.OriginOf(policy, "hedging"),
        };
    }

    public static ZoneAware? ZoneAware(Resource policy)
    {
        Field block = new Field(policy.Spec)["zoneAware"];
        return !block.Exists ? null : new ZoneAware
        {
            Enabled = block["enabled"].Bool ?? true,
            MinEndpoints = Math.Max(1, block["minEndpoints"].Number ?? ZoneEndpointsDefault),
            Origin = HttpRoutes.OriginOf(policy, "zoneAware"),
        };
    }

    private static TimeSpan Within(TimeSpan value, TimeSpan min, TimeSpan max) => value < min ? min : value > max ? max : value;
}
