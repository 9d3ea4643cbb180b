using Weft.Balancing;
using Weft.Policy.Retries;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>The tries that race for one request's answer, and the clock by which another one joins. Pooled; its loop only.</summary>
internal sealed class HedgeRace
{
    private const int LowestServerError = 500;

    private readonly ProxyLoop _loop;
    private readonly List<HedgeTry> _tries = [];
    private readonly Clock _clock;
    private HedgingModel? _hedging;
    private ClusterState? _cluster;
    private RetryModel _retries = RetryModel.Default;
    private int _hedges;
    private int _places;
    private int _left;
    private bool _isDue;

    internal HedgeRace(ProxyLoop loop)
    {
        _loop = loop;
        _clock = new Clock(this);
        News = new LoopSignal(loop.Loop);
    }

    /// <summary>Set when a try is over, another one is due or the client is gone; stays set until it was asked what that means.</summary>
    internal LoopSignal News { get; }

    /// <summary>Somebody may still answer.</summary>
    internal bool IsOpen
    {
        get
        {
            foreach (HedgeTry attempt in _tries)
            {
                if (!attempt.IsOver)
                {
                    return true;
                }
            }

            return false;
        }
    }

    internal void Tell() => News.Set();

    internal void Begin(Exchange x, ClusterState cluster, UpstreamChoice first, RetryModel retries, HedgingModel hedging)
    {
        _cluster = cluster;
        _retries = retries;
        _hedging = hedging;
        _hedges = 0;
        _places = 0;
        _left = hedging.Attempts;
        _isDue = false;
        News.Reset();
        Start(x, cluster, first, isHedge: false);
        _loop.Loop.Schedule(_clock, (long)hedging.After.TotalMilliseconds);
    }

    /// <summary>Whose answer is taken: the first good one, and when all are over the first one at all. Null: nobody's yet, or ever.</summary>
    internal HedgeTry? Winner()
    {
        HedgeTry? bad = null;
        bool isOpen = false;
        foreach (HedgeTry attempt in _tries)
        {
            isOpen |= !attempt.IsOver;
            if (attempt is { IsOver: true, Fault: Fault.None })
            {
                if (IsGood(attempt))
                {
                    return attempt;
                }

                bad ??= attempt;
            }
        }

        return isOpen ? null : bad;
    }

    /// <summary>When it is time: one more try, at an endpoint that has none, as far as the budget bears it.</summary>
    internal void Join(Exchange x)
    {
        News.Reset();
        if (!_isDue || _cluster is not { } cluster || _hedging is not { } hedging)
        {
            return;
        }

        _isDue = false;
        if (TryAcquire(cluster))
        {
            _left = TryPickOther(x, cluster, out UpstreamChoice? other) ? _left - 1 : 0; // without others there will be none later either
            if (other is not null)
            {
                x.Hedges++;
                _loop.Telemetry.Counters.Count(LoopCounter.Hedges);
                Start(x, cluster, other, isHedge: true);
            }
        }

        if (_left > 0)
        {
            _loop.Loop.Schedule(_clock, (long)hedging.After.TotalMilliseconds);
        }
    }

    /// <summary>All but the winner are let go, and the race may serve another request.</summary>
    /// <returns>Without a winner: how the last try ended.</returns>
    internal AttemptResult End(HedgeTry? winner)
    {
        var last = new AttemptResult(Fault.ClientClosed, 0, -1, false, false);
        long lastTicks = 0;
        foreach (HedgeTry attempt in _tries)
        {
            if (attempt == winner)
            {
                continue;
            }

            if (attempt.IsOver && attempt.OverTicks >= lastTicks)
            {
                (last, lastTicks) = (attempt.Result, attempt.OverTicks);
            }

            attempt.LetGo();
        }

        _tries.Clear();
        _loop.Loop.Cancel(_clock);
        for (; _hedges > 0; _hedges--)
        {
            _cluster?.Load.ReleaseHedge();
        }

        for (; _places > 0; _places--)
        {
            _cluster?.Load.Connections.Exit();
        }

        _cluster = null;
        _loop.Hedges.Return(this);
        return last;
    }

    /// <summary>A unit of the budget and, where connections are limited, a place for one more that nobody waits for. Both go back with the race.</summary>
    private bool TryAcquire(ClusterState cluster)
    {
        if (!cluster.Load.TryAcquireHedge(_loop.Now))
        {
            return false;
        }

        bool takesPlace = cluster.Load.LimitsConnections;
        if (takesPlace && !cluster.Load.Connections.TryEnter())
        {
            cluster.Load.ReleaseHedge();
            return false;
        }

        _hedges++;
        _places += takesPlace ? 1 : 0;
        return true;
    }

    private void Start(Exchange x, ClusterState cluster, UpstreamChoice choice, bool isHedge)
    {
        x.Attempts++;
        x.UpstreamText = choice.Text;
        x.Edge = choice.Edge;
        HedgeTry attempt = _loop.Hedges.RentTry(_loop);
        attempt.Begin(this, cluster, choice, isHedge, x.CookieValue);
        _tries.Add(attempt);
        _loop.Loop.Supervise(attempt.RunAsync(x, _retries), "hedged-try");
    }

    private static bool TryPickOther(Exchange x, ClusterState cluster, out UpstreamChoice? other)
    {
        TriedEndpoints tried = x.Tried; // as it was: picking adds to it
        Fault fault = EndpointPicker.Pick(x, cluster, out other);
        if (fault != Fault.None || other?.Endpoint is not { } endpoint || tried.Contains(endpoint.Balanced))
        {
            other = null;
        }

        return other is not null;
    }

    /// <summary>An error waits for a better answer while there may be one; so does what would be thrown away for a retry.</summary>
    private bool IsGood(HedgeTry attempt)
    {
        if (attempt.Upstream is not { Response.Status: < LowestServerError and var status } upstream)
        {
            return false;
        }

        return status < 400 || !_retries.Retries(new AttemptOutcome(Fault.None, status, -1, true, upstream.IsReused, false, true));
    }

    private sealed class Clock(HedgeRace race) : LoopTimer
    {
        protected override void OnExpired()
        {
            race._isDue = true;
            race.Tell();
        }
    }
}
