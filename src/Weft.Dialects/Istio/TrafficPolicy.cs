using Weft.Dialects.Fields;

namespace Weft.Dialects.Istio;

/// <summary>
/// The blocks of a DestinationRule that hold for one port and subset. A subset's block stands in for the rule's, block by
/// block; a portLevelSettings entry replaces loadBalancer, connectionPool, outlierDetection and tls all at once, so that a
/// block it leaves out falls to defaults and not to the level above.
/// </summary>
internal readonly record struct TrafficPolicy(Field LoadBalancer, Field ConnectionPool, Field OutlierDetection, Field Tls, Field ProxyProtocol, Field RetryBudget)
{
    public static TrafficPolicy For(DestinationRuleConfig rule, SubsetConfig? subset, uint port)
    {
        TrafficPolicy whole = Level(default, rule.Policy, port);
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
            Pick(policy["proxyProtocol"], above.ProxyProtocol), Pick(policy["retryBudget"], above.RetryBudget));
        Field level = policy["portLevelSettings"].Items.FirstOrDefault(p => p["port"]["number"].Number == port);
        return level.Exists
            ? own with { LoadBalancer = level["loadBalancer"], ConnectionPool = level["connectionPool"], OutlierDetection = level["outlierDetection"], Tls = level["tls"] }
            : own;
    }

    private static Field Pick(Field own, Field above) => own.Exists ? own : above;
}
