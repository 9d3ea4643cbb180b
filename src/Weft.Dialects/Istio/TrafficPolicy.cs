using Weft.Dialects.Fields;

namespace Weft.Dialects.Istio;

/// <summary>
/// The blocks of a DestinationRule that hold for one port and subset. A subset's block stands in for the rule's, block by
/// block; a portLevelSettings entry replaces loadBalancer, connectionPool, outlierDetection and tls all at once, so that a
/// block it leaves out falls to defaults and not to the level above.
/// </summary>
internal readonly record struct TrafficPolicy(Field LoadBalancer, Field ConnectionPool, Field OutlierDetection, Field Tls, Field ProxyProtocol, Field RetryBudget, Field Tunnel)
{
    /// <param name="mesh">MeshConfig's defaultTrafficPolicy: its pool and outlier detection stand below every rule.</param>
    public static TrafficPolicy For(Field mesh, DestinationRuleConfig? rule, SubsetConfig? subset, uint port)
    {
        TrafficPolicy below = default(TrafficPolicy) with { ConnectionPool = mesh["connectionPool"], OutlierDetection = mesh["outlierDetection"] };
        TrafficPolicy whole = Level(below, rule?.Policy ?? default, port);
        return subset is null ? whole : Level(whole, subset.Policy, port);
    }

    private static TrafficPolicy Level(TrafficPolicy above, Field policy, uint port)
    {
        if (!policy.Exists)
        {
            return above;
        }
        TrafficPolicy own = new(
            Pick(policy["loadBalancer"], above.LoadBalancer), Pick(policy["connectionPool"], above.ConnectionPool),
            Pick(policy["outlierDetection"], above.OutlierDetection), Pick(policy["tls"], above.Tls),
            Pick(policy["proxyProtocol"], above.ProxyProtocol), Pick(policy["retryBudget"], above.RetryBudget), Pick(policy["tunnel"], above.Tunnel));
        Field level = policy["portLevelSettings"].Items.FirstOrDefault(p => p["port"]["number"].Number == port);
        return level.Exists
            ? own with { LoadBalancer = level["loadBalancer"], ConnectionPool = level["connectionPool"], OutlierDetection = level["outlierDetection"], Tls = level["tls"] }
            : own;
    }

    private static Field Pick(Field own, Field above) => own.Exists ? own : above;
}
