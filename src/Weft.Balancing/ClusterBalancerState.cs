using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Primitives;

namespace Weft.Balancing;

/// <summary>
/// The endpoints of one cluster and what this proxy learns about them. Lives as long as the cluster's name and takes new models; picks and reports come from
/// all loops, <see cref="Apply"/> from the applier of configuration. A pick takes no lock and allocates nothing; changes of health do, under the gate.
/// </summary>
public sealed class ClusterBalancerState
{
    private readonly Lock _gate = new();
    private readonly ulong _seed;
    private ImmutableArray<GroupModel> _groups = [];
    private BalancerModel _balancer = BalancerModel.Default;
    private EndpointModel[] _endpoints = [];
    private PickSetModel _pickSet = PickSetModel.Empty;
    private long _ejections;

    /// <param name="seed">A number of this proxy's own, so that proxies do not begin their turns at the same endpoint.</param>
    public ClusterBalancerState(ulong seed) => _seed = seed;

    /// <summary>All endpoints, those that drain or are ejected too.</summary>
    public IReadOnlyList<EndpointModel> Endpoints => Volatile.Read(ref _endpoints);

    /// <summary>How often an endpoint was ejected.</summary>
    public long Ejections => Volatile.Read(ref _ejections);

    public BalancerModel Balancer => Volatile.Read(ref _balancer);

    /// <summary>Takes a new description of the cluster and its endpoints; who stays keeps requests in flight, latency and ejection.</summary>
    /// <param name="attach">Makes what the owner keeps with an endpoint; an endpoint for which it gives null is left out. Null: nothing is kept.</param>
    public void Apply(Cluster cluster, EndpointSet set, ClientPlace client, TimeSpan now, Func<Endpoint, object?>? attach = null) =>
        Apply(BalancerModel.Compile(cluster), set, client, now, attach);

    /// <inheritdoc cref="Apply(Cluster, EndpointSet, ClientPlace, TimeSpan, Func{Endpoint, object?}?)"/>
    public void Apply(BalancerModel balancer, EndpointSet set, ClientPlace client, TimeSpan now, Func<Endpoint, object?>? attach = null)
    {
        lock (_gate)
        {
            var before = _endpoints.ToDictionary(e => e.Key, StringComparer.Ordinal);
            var byKey = new Dictionary<string, EndpointModel>(StringComparer.Ordinal);
            foreach (var endpoint in set.Endpoints)
            {
                string key = EndpointModel.KeyOf(endpoint);
                object? attachment = attach?.Invoke(endpoint);
                if (attach is null || attachment is not null)
                {
                    byKey.TryAdd(key, new EndpointModel(endpoint, before.TryGetValue(key, out var known) ? known.State : NewState(now), attachment));
                }
            }

            foreach (var (key, endpoint) in before)
            {
                endpoint.State.HasLeft = !byKey.ContainsKey(key);
            }

            // In order of identity: every proxy fills its ring or table alike, whatever order the endpoints came in.
            TakeUnderGate(balancer, [.. byKey.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Value)], client, now);
        }
    }

    /// <summary>Takes a new description of the cluster; the endpoints stay as they are, and are described anew.</summary>
    public void Apply(BalancerModel balancer, ClientPlace client, TimeSpan now)
    {
        lock (_gate)
        {
            TakeUnderGate(balancer, Array.ConvertAll(_endpoints, static e => e.Undescribed()), client, now);
        }
    }

    /// <summary>Chooses an endpoint; <paramref name="tried"/> are avoided as long as there are others.</summary>
    public PickResult Pick(in PickContext context, in TriedEndpoints tried)
    {
        if (Balancer.Kind is Model.V1.Balancer.Types.Kind.OriginalDestination)
        {
            return new PickResult(PickOutcome.OriginalDestination, null);
        }

        var set = Volatile.Read(ref _pickSet);
        if (context.Now >= set.ValidUntil)
        {
            set = Refresh(context.Now);
        }

        return set.Pick(context, tried) is { } endpoint ? new PickResult(PickOutcome.Picked, endpoint) : default;
    }

    /// <summary>The endpoint that a session names by its <see cref="EndpointModel.Display"/>; null when it is gone or draining.</summary>
    public EndpointModel? Find(ReadOnlySpan<byte> display)
    {
        foreach (var endpoint in Volatile.Read(ref _endpoints))
        {
            if (!endpoint.Draining && System.Text.Ascii.Equals(display, endpoint.Display))
            {
                return endpoint;
            }
        }

        return null;
    }

    /// <summary>An attempt goes to the endpoint. Its <see cref="Ended"/> must follow.</summary>
#pragma warning disable CA1822 // the pair Started/Ended belongs to the cluster, whoever counts
    public void Started(EndpointModel endpoint) => endpoint.State.RequestStarted();
#pragma warning restore CA1822

    /// <summary>An attempt is over: its response has ended, or it has none. True when it made the endpoint an outlier.</summary>
    public bool Ended(EndpointModel endpoint, in AttemptReport report, TimeSpan now)
    {
        endpoint.State.RequestEnded();
        var balancer = Balancer;
        if (report.Took > TimeSpan.Zero)
        {
            Observe(endpoint.State, balancer.Kind, report.Took, now);
        }

        return balancer.Outlier is { } outlier && outlier.Count(endpoint.State, report) && TryEject(endpoint, now);
    }

    /// <summary>
    /// An attempt was given up before its answer began, since another was answered first. No failure; and of its time it only says that the endpoint
    /// would have taken longer, which counts where that is news.
    /// </summary>
    public void LetGo(EndpointModel endpoint, TimeSpan after, TimeSpan now)
    {
        endpoint.State.RequestEnded();
        var kind = Balancer.Kind;
        double known = kind is Model.V1.Balancer.Types.Kind.PeakEwma ? endpoint.State.LatencyAt(now, PeakEwmaPicker.Decay.Ticks) : endpoint.State.Mean;
        if (after.Ticks > known)
        {
            Observe(endpoint.State, kind, after, now);
        }
    }

    /// <summary>What health checks have found. <paramref name="note"/> is the last answer, for people.</summary>
    public void SetHealth(EndpointModel endpoint, bool healthy, string note, TimeSpan now)
    {
        lock (_gate)
        {
            var state = endpoint.State;
            if (!_balancer.ChecksHealth || state.HasLeft)
            {
                return; // it was asked before either went
            }

            state.HealthNote = note;
            if (state.IsUnhealthy == healthy)
            {
                state.SetUnhealthy(!healthy);
                RebuildUnderGate(now);
            }
        }
    }

    private bool TryEject(EndpointModel endpoint, TimeSpan now)
    {
        lock (_gate)
        {
            var state = endpoint.State;
            if (state.IsEjected || _balancer.Outlier is not { } outlier || state.HasLeft)
            {
                return false;
            }

            int ejected = _endpoints.Count(e => e.State.IsEjected);
            if (ejected * 100 >= outlier.MaxEjectionPercent * _endpoints.Length)
            {
                return false; // the count stays, so it goes as soon as another returns and it still fails
            }

            // One step shorter for every interval in which it behaved.
            long behaved = state.EjectionMultiplier == 0 ? 0 : (now - state.EjectedUntil).Ticks / outlier.Interval.Ticks;
            state.EjectionMultiplier = (int)Math.Max(0, state.EjectionMultiplier - behaved) + 1;
            state.EjectedUntil = now + outlier.EjectionTime(state.EjectionMultiplier);
            state.SetEjected(true);
            _ejections++;
            RebuildUnderGate(now);
            return true;
        }
    }

    private void TakeUnderGate(BalancerModel balancer, EndpointModel[] endpoints, ClientPlace client, TimeSpan now)
    {
        EndpointModel[] members = Array.Exists(endpoints, static e => e.Draining) ? [.. endpoints.Where(static e => !e.Draining)] : endpoints;
        _groups = [.. LocalityGroups.Divide(members, balancer, client).Select(g => GroupModel.Create(g, balancer, _seed))];
        Volatile.Write(ref _endpoints, endpoints);
        Volatile.Write(ref _balancer, balancer);
        RebuildUnderGate(now);
    }

    private PickSetModel Refresh(TimeSpan now)
    {
        lock (_gate)
        {
            if (now >= _pickSet.ValidUntil)
            {
                RebuildUnderGate(now);
            }

            return _pickSet;
        }
    }

    private void RebuildUnderGate(TimeSpan now)
    {
        foreach (var endpoint in _endpoints)
        {
            var state = endpoint.State;
            if (!_balancer.ChecksHealth)
            {
                state.SetUnhealthy(false);
                state.HealthNote = string.Empty;
            }

            if (state.IsEjected && (now >= state.EjectedUntil || _balancer.Outlier is null))
            {
                state.ServerErrors = 0;
                state.GatewayErrors = 0;
                state.LocalErrors = 0;
                state.SetEjected(false);
            }
        }

        Volatile.Write(ref _pickSet, PickSetModel.Create(_groups, _balancer, now));
    }

    private static void Observe(EndpointState state, Model.V1.Balancer.Types.Kind kind, TimeSpan took, TimeSpan now)
    {
        if (kind is Model.V1.Balancer.Types.Kind.PeakEwma)
        {
            state.Observe(took, now, PeakEwmaPicker.Decay.Ticks);
        }
        else if (kind is Model.V1.Balancer.Types.Kind.LeastRequest)
        {
            state.ObserveMean(took, now);
        }
    }

    private static EndpointState NewState(TimeSpan now)
    {
        var state = new EndpointState(now);
        state.SeedLatency(PeakEwmaPicker.FirstGuess, now);
        return state;
    }
}
