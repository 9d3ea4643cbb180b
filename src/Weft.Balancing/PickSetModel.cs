using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Primitives;

namespace Weft.Balancing;

/// <summary>A group with the parts that outlive changes of health: its table of hashes and its turn.</summary>
internal sealed class GroupModel
{
    private readonly ulong _seed;

    private GroupModel(EndpointGroup group, HashTableModel? table, ulong seed)
    {
        Group = group;
        Table = table;
        _seed = seed;
    }

    public EndpointGroup Group { get; }

    public HashTableModel? Table { get; }

    /// <summary>Of balancers that take turns: asked for when a picker is made, which happens under the cluster's gate.</summary>
    public RoundRobinPicker.Cursor Cursor => field ??= new RoundRobinPicker.Cursor(_seed);

    public static GroupModel Create(EndpointGroup group, BalancerModel balancer, ulong seed) => new(
        group,
        balancer.Kind switch
        {
            Balancer.Types.Kind.RingHash => new RingModel(group.Members, balancer.RingSizeMin),
            Balancer.Types.Kind.Maglev => new MaglevModel(group.Members, balancer.TableSize),
            _ => null,
        },
        seed);
}

/// <summary>
/// Who may be picked between two changes of health: groups with their shares of the traffic. Immutable, swapped whole; good until
/// <see cref="ValidUntil"/>, when somebody returns or has warmed up a little more.
/// </summary>
internal sealed class PickSetModel
{
    // Envoy's overprovisioning factor: a group keeps all of its traffic until more than 2 of 7 endpoints are out.
    private const double Overprovisioning = 1.4;

    // A warm-up goes in that many steps.
    private const int WarmUpSteps = 20;

    private readonly Picker[] _pickers;
    private readonly double[] _upTo;

    private PickSetModel(List<(Picker Picker, double Share)> groups, TimeSpan validUntil)
    {
        ValidUntil = validUntil;
        _pickers = [.. groups.Select(g => g.Picker)];
        _upTo = _pickers.Length == 1 ? [] : new double[_pickers.Length]; // of one nobody draws
        double sum = 0;
        for (int i = 0; i < _upTo.Length; i++)
        {
            _upTo[i] = sum += groups[i].Share;
        }
    }

    public static PickSetModel Empty { get; } = new([], TimeSpan.MaxValue);

    public TimeSpan ValidUntil { get; }

    public EndpointModel? Pick(in PickContext context, in TriedEndpoints tried)
    {
        if (_pickers.Length == 0)
        {
            return null;
        }

        int first = _pickers.Length == 1 ? 0 : DrawGroup(Draw.Mix(context.Random, 7));
        first = context.LeavesLocality ? Untried(first, tried) : first;
        for (int i = 0; i < _pickers.Length; i++)
        {
            if (_pickers[(first + i) % _pickers.Length].Pick(context, tried) is { } endpoint)
            {
                return endpoint;
            }
        }

        // All were tried already: the same one again may work, nothing at all does not.
        return _pickers[first].Pick(context, default);
    }

    public static PickSetModel Create(ImmutableArray<GroupModel> groups, BalancerModel balancer, TimeSpan now)
    {
        var parts = new List<(Picker Picker, double Share)>();
        var validUntil = TimeSpan.MaxValue;
        double left = 1; // of the traffic, for later priorities
        foreach (var priority in groups.GroupBy(g => g.Group.Priority))
        {
            var health = priority.Select(g => new GroupHealth(g, balancer)).ToList();
            double healthy = Math.Min(1, Overprovisioning * health.Sum(h => h.Healthy) / Math.Max(1, health.Sum(h => h.Total)));
            double[] shares = Shares(health);
            for (int i = 0; i < health.Count; i++)
            {
                if (health[i].Usable.Length > 0)
                {
                    var (picker, warmsUntil) = MakePicker(health[i], balancer, now);
                    validUntil = warmsUntil < validUntil ? warmsUntil : validUntil;
                    parts.Add((picker, left * healthy * shares[i]));
                }
            }

            left -= left * healthy;
        }

        foreach (var state in groups.SelectMany(g => g.Group.Members).Select(m => m.State).Where(s => s.IsEjected))
        {
            validUntil = state.EjectedUntil < validUntil ? state.EjectedUntil : validUntil;
        }

        return parts.Count == 0 ? new PickSetModel([], validUntil) : new PickSetModel(parts, validUntil);
    }

    /// <summary>Of groups of one priority: by their weights, zones by where the caller is.</summary>
    private static double[] Shares(List<GroupHealth> health)
    {
        if (health[0].Model.Group.Zone is not ZoneOf.Nobody)
        {
            double[] capacities = [.. health.Select(h => h.Usable.Sum(e => (double)e.Weight))];
            return ZoneShares.Of(capacities, health.FindIndex(h => h.Model.Group.Zone is ZoneOf.Caller));
        }

        double weights = health.Sum(h => h.EffectiveWeight);
        return [.. health.Select(h => h.EffectiveWeight / weights)];
    }

    private static (Picker Picker, TimeSpan WarmsUntil) MakePicker(GroupHealth part, BalancerModel balancer, TimeSpan now)
    {
        var usable = part.Usable;
        double[] weights = new double[usable.Length];
        bool warms = false;
        for (int i = 0; i < usable.Length; i++)
        {
            double share = balancer.WarmUpShare(now - usable[i].State.FirstSeen);
            warms |= share < 1;
            weights[i] = usable[i].Weight * share;
        }

        Picker picker = balancer.Kind switch
        {
            Balancer.Types.Kind.RoundRobin => new RoundRobinPicker(usable, weights, part.Model.Cursor),
            Balancer.Types.Kind.Random => new RandomPicker(usable, weights),
            Balancer.Types.Kind.PeakEwma => new PeakEwmaPicker(usable, weights),
            Balancer.Types.Kind.RingHash or Balancer.Types.Kind.Maglev when part.Model.Table is { } table =>
                new HashPicker(part.Model.Group.Members, usable, table, part.IgnoresEjection),
            _ => new LeastRequestPicker(usable, weights),
        };
        return (picker, warms ? now + (balancer.WarmUp / WarmUpSteps) : TimeSpan.MaxValue);
    }

    /// <summary>The next group from there on of which nobody was tried; the same one when there is none.</summary>
    private int Untried(int first, in TriedEndpoints tried)
    {
        for (int i = 0; i < _pickers.Length; i++)
        {
            int at = (first + i) % _pickers.Length;
            if (!_pickers[at].HasTried(tried))
            {
                return at;
            }
        }

        return first;
    }

    private int DrawGroup(ulong random)
    {
        double drawn = (random >> 11) * (1.0 / (1UL << 53)) * _upTo[^1];
        int i = 0;
        while (i < _upTo.Length - 1 && _upTo[i] <= drawn)
        {
            i++;
        }

        return i;
    }

    /// <summary>What of a group can be used now.</summary>
    private sealed class GroupHealth
    {
        public GroupHealth(GroupModel model, BalancerModel balancer)
        {
            Model = model;
            var members = model.Group.Members;
            EndpointModel[] healthy = Array.Exists(members, static m => m.State.IsOut) ? [.. members.Where(static m => !m.State.IsOut)] : members;
            Total = members.Length;
            Healthy = healthy.Length;
            IgnoresEjection = balancer.Outlier is { MinHealthPercent: > 0 } outlier && Healthy * 100 < outlier.MinHealthPercent * Total;
            Usable = IgnoresEjection ? members : healthy;
            Healthy = Usable.Length;
            EffectiveWeight = model.Group.Weight * Math.Min(1, Overprovisioning * Healthy / Math.Max(1, Total));
        }

        public GroupModel Model { get; }

        public int Total { get; }

        public int Healthy { get; }

        public bool IgnoresEjection { get; }

        public EndpointModel[] Usable { get; }

        public double EffectiveWeight { get; }
    }
}
