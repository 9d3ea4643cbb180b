using System.Collections.Immutable;
using Weft.Model.V1;

namespace Weft.Balancing;

/// <summary>Who asks: where this proxy runs, and its labels.</summary>
public sealed class ClientPlace
{
    internal const string RegionLabel = "topology.kubernetes.io/region";
    internal const string ZoneLabel = "topology.kubernetes.io/zone";
    internal const string SubzoneLabel = "topology.istio.io/subzone";

    /// <summary>Istio's own label of a workload, "region.zone.subzone"; it goes before the node's.</summary>
    private const string IstioLabel = "istio-locality";

    /// <param name="locality">Unknown: the labels are asked.</param>
    public ClientPlace(Locality locality, ImmutableDictionary<string, string> labels)
    {
        Labels = labels;
        Locality = locality == Locality.Unknown ? FromLabels(labels) : locality;
    }

    public static ClientPlace Unknown { get; } = new(Locality.Unknown, ImmutableDictionary<string, string>.Empty);

    public Locality Locality { get; }

    public ImmutableDictionary<string, string> Labels { get; }

    private static Locality FromLabels(ImmutableDictionary<string, string> labels) =>
        labels.TryGetValue(IstioLabel, out string? istio)
            ? Locality.Parse(istio.Replace('.', '/'))
            : new Locality(
                labels.GetValueOrDefault(RegionLabel, string.Empty), labels.GetValueOrDefault(ZoneLabel, string.Empty), labels.GetValueOrDefault(SubzoneLabel, string.Empty));
}

/// <summary>Endpoints that are used together.</summary>
/// <param name="Priority">A later one is used when earlier ones are unhealthy.</param>
/// <param name="Weight">Among groups of one priority; zones get theirs from <see cref="ZoneShares"/> instead.</param>
internal sealed record EndpointGroup(int Priority, double Weight, EndpointModel[] Members, ZoneOf Zone = ZoneOf.Nobody);

/// <summary>Whose zone a group is.</summary>
internal enum ZoneOf : byte
{
    /// <summary>The group is no zone.</summary>
    Nobody,
    Caller,
    Others,
}

/// <summary>Divides endpoints by nearness (Istio localityLbSetting; DestinationRule over Service over mesh is decided by the compiler).</summary>
internal static class LocalityGroups
{
    public static ImmutableArray<EndpointGroup> Divide(EndpointModel[] endpoints, BalancerModel balancer, ClientPlace client)
    {
        if (endpoints.Length == 0)
        {
            return [];
        }

        LocalityPolicy? policy = balancer.Locality;
        if (policy?.Distribute.FirstOrDefault(d => client.Locality.IsCoveredBy(d.From)) is { } rule)
        {
            return Distribute(endpoints, rule);
        }

        if (balancer.ZoneAware is { } zones && client.Locality.Zone.Length > 0)
        {
            return Zones(endpoints, policy ?? new LocalityPolicy(), zones, client);
        }

        return policy is null ? [new EndpointGroup(0, 1, endpoints)] : Failover(endpoints, policy, client);
    }

    /// <summary>
    /// Other regions are there for failover alone; in its own one the caller's zone and the others share, as health has it. With few endpoints a zone
    /// is too coarse a measure, and the region is one group.
    /// </summary>
    private static ImmutableArray<EndpointGroup> Zones(EndpointModel[] endpoints, LocalityPolicy policy, ZoneAware zones, ClientPlace client)
    {
        var groups = ImmutableArray.CreateBuilder<EndpointGroup>();
        int priority = 0;
        foreach (var near in endpoints.GroupBy(e => Remoteness(e, policy, client)).OrderBy(g => g.Key))
        {
            EndpointModel[] own = [.. near.Where(e => e.Locality.Region == client.Locality.Region)];
            bool looksAtZones = own.Length == near.Count() && own.Length >= zones.MinEndpoints;
            groups.AddRange(looksAtZones
                ? own.GroupBy(e => e.Locality.Zone).OrderBy(z => z.Key, StringComparer.Ordinal)
                    .Select(z => new EndpointGroup(priority, 1, [.. z], z.Key == client.Locality.Zone ? ZoneOf.Caller : ZoneOf.Others))
                : [new EndpointGroup(priority, 1, [.. near])]);
            priority++;
        }

        return groups.ToImmutable();
    }

    /// <summary>Labels where they are named (Istio allows none of places here), then regions.</summary>
    private static (int Labels, int Region) Remoteness(EndpointModel endpoint, LocalityPolicy policy, ClientPlace client) => (
        policy.FailoverPriority.Count > 0 ? LabelDistance(endpoint, policy.FailoverPriority, client) : 0,
        endpoint.Locality.Region == client.Locality.Region ? 0 : Distance(endpoint.Locality, policy, client.Locality));

    /// <summary>By percentages; what no target covers gets nothing.</summary>
    private static ImmutableArray<EndpointGroup> Distribute(EndpointModel[] endpoints, LocalityWeights rule)
    {
        var groups = ImmutableArray.CreateBuilder<EndpointGroup>();
        var left = endpoints.ToList();

        // The most specific pattern has an endpoint that several cover.
        foreach (var (pattern, weight) in rule.To.OrderByDescending(t => Specificity(t.Key)).ThenBy(t => t.Key, StringComparer.Ordinal))
        {
            EndpointModel[] members = [.. left.Where(e => e.Locality.IsCoveredBy(pattern))];
            left.RemoveAll(members.Contains);
            if (members.Length > 0 && weight > 0)
            {
                groups.Add(new EndpointGroup(0, weight, members));
            }
        }

        return groups.ToImmutable();
    }

    private static ImmutableArray<EndpointGroup> Failover(EndpointModel[] endpoints, LocalityPolicy policy, ClientPlace client)
    {
        int priority = 0;
        return
        [
            .. endpoints
                .GroupBy(e => policy.FailoverPriority.Count > 0 ? LabelDistance(e, policy.FailoverPriority, client) : Distance(e.Locality, policy, client.Locality))
                .OrderBy(g => g.Key)
                .Select(g => new EndpointGroup(priority++, 1, [.. g])),
        ];
    }

    /// <summary>Same subzone 0, zone 1, region 2, the region to fail over to 3, elsewhere 4.</summary>
    private static int Distance(Locality endpoint, LocalityPolicy policy, Locality client)
    {
        if (endpoint.Region != client.Region)
        {
            return policy.Failover.TryGetValue(client.Region, out string? to) && to == endpoint.Region ? 3 : 4;
        }

        return endpoint.Zone != client.Zone ? 2 : endpoint.Subzone != client.Subzone ? 1 : 0;
    }

    /// <summary>How many of the labels, from the last one back, do not agree: all labels before a disagreement must agree to count.</summary>
    private static int LabelDistance(EndpointModel endpoint, Google.Protobuf.Collections.RepeatedField<string> labels, ClientPlace client)
    {
        int agree = 0;
        foreach (string label in labels)
        {
            // "key=value" names the value that counts, in place of the client's own.
            int equals = label.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? label : label[..equals];
            string wanted = equals < 0 ? LabelOf(client.Labels, client.Locality, key) : label[(equals + 1)..];
            if (LabelOf(endpoint.Labels, endpoint.Locality, key) != wanted)
            {
                break;
            }

            agree++;
        }

        return labels.Count - agree;
    }

    private static string LabelOf(ImmutableDictionary<string, string> labels, Locality locality, string key) => key switch
    {
        _ when labels.TryGetValue(key, out string? value) => value,
        ClientPlace.RegionLabel => locality.Region,
        ClientPlace.ZoneLabel => locality.Zone,
        ClientPlace.SubzoneLabel => locality.Subzone,
        _ => string.Empty,
    };

    private static int Specificity(string pattern) => pattern.Split('/').Count(p => p is not ("*" or ""));
}
