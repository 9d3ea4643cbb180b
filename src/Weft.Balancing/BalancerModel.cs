using System.Collections.Frozen;
using Weft.Model.V1;

namespace Weft.Balancing;

/// <summary>How a cluster's endpoints are chosen, compiled from the schema. Immutable.</summary>
public sealed class BalancerModel
{
    // Istio's warm-up defaults.
    private const double WarmUpPercentDefault = 10;
    private const double WarmUpAggressionDefault = 1;

    // Envoy's bound of a Maglev table.
    private const ulong TableSizeMax = 5_000_011;

    private BalancerModel(Cluster cluster)
    {
        var balancer = cluster.Balancer ?? new Balancer();
        Kind = cluster.Discovery is Cluster.Types.Discovery.OriginalDestination ? Balancer.Types.Kind.OriginalDestination : balancer.Kind;
        RingSizeMin = balancer.RingSizeMin == 0 ? RingModel.SizeMinDefault : Math.Min(balancer.RingSizeMin, RingModel.SizeMax);
        TableSize = (int)NextPrime(balancer.TableSize == 0 ? MaglevModel.SizeDefault : Math.Min(balancer.TableSize, TableSizeMax));
        WarmUp = balancer.WarmUp?.ToTimeSpan() ?? TimeSpan.Zero;
        WarmUpAggression = balancer.WarmUpAggression > 0 ? balancer.WarmUpAggression : WarmUpAggressionDefault;
        WarmUpMinimum = (balancer.WarmUpMinimumPercent > 0 ? Math.Min(balancer.WarmUpMinimumPercent, 100) : WarmUpPercentDefault) / 100;
        Outlier = cluster.Outlier is null ? null : new OutlierModel(cluster.Outlier);
        Locality = cluster.Locality is { Enabled: true } locality ? locality : null;
        ZoneAware = cluster.ZoneAware is { Enabled: true } zones ? zones : null;
        ChecksHealth = cluster.HealthCheck is not null;
    }

    // Of clusters that say no more than the kind.
    private static readonly FrozenDictionary<Balancer.Types.Kind, BalancerModel> OnlyKind =
        Enum.GetValues<Balancer.Types.Kind>().ToFrozenDictionary(static k => k, static k => new BalancerModel(new Cluster { Balancer = new Balancer { Kind = k } }));

    /// <summary>Of a cluster that says nothing.</summary>
    public static BalancerModel Default { get; } = OnlyKind[default];

    public Balancer.Types.Kind Kind { get; }

    public OutlierModel? Outlier { get; }

    internal ulong RingSizeMin { get; }

    internal int TableSize { get; }

    /// <summary>Endpoints are asked for their health; without it nobody is unhealthy.</summary>
    internal bool ChecksHealth { get; }

    /// <summary>Zero: none.</summary>
    public TimeSpan WarmUp { get; }

    internal LocalityPolicy? Locality { get; }

    /// <summary>Null: zones are not balanced against each other.</summary>
    internal ZoneAware? ZoneAware { get; }

    private double WarmUpAggression { get; }

    private double WarmUpMinimum { get; }

    /// <summary>Most clusters name at most a kind of balancer and share one for each.</summary>
    public static BalancerModel Compile(Cluster cluster) =>
        cluster is
        {
            Outlier: null, Locality: null or { Enabled: false }, ZoneAware: null or { Enabled: false }, HealthCheck: null,
            Discovery: not Cluster.Types.Discovery.OriginalDestination,
        }
        && (cluster.Balancer is null || cluster.Balancer.Equals(new Balancer { Kind = cluster.Balancer.Kind }))
        && OnlyKind.TryGetValue(cluster.Balancer?.Kind ?? default, out BalancerModel? shared)
            ? shared
            : new BalancerModel(cluster);

    /// <summary>The share of its weight that an endpoint gets at that age; only round robin and least request warm up (Istio).</summary>
    public double WarmUpShare(TimeSpan age)
    {
        if (WarmUp <= TimeSpan.Zero || age >= WarmUp || Kind is not (Balancer.Types.Kind.RoundRobin or Balancer.Types.Kind.LeastRequest))
        {
            return 1;
        }

        double time = Math.Max(age.Ticks, 0) / (double)WarmUp.Ticks;
        return Math.Max(WarmUpMinimum, Math.Pow(time, 1 / WarmUpAggression));
    }

    /// <summary>A Maglev table's steps visit every slot only when its size is prime.</summary>
    private static ulong NextPrime(ulong from)
    {
        ulong candidate = Math.Max(from | 1, 3);
        while (!IsPrime(candidate))
        {
            candidate += 2;
        }

        return candidate;
    }

    private static bool IsPrime(ulong odd)
    {
        for (ulong divisor = 3; divisor * divisor <= odd; divisor += 2)
        {
            if (odd % divisor == 0)
            {
                return false;
            }
        }

        return true;
    }
}
