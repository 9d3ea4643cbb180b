using System.Runtime.CompilerServices;
using Weft.Balancing;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using EndpointModel = Weft.Proxy.State.Clusters.EndpointModel;

namespace Weft.Proxy.Health;

/// <summary>
/// Asks the endpoints of clusters that say how, each in its own time, and tells the balancer. An endpoint is healthy until it has failed
/// often enough. Runs on one loop of the data path, and only while there is somebody to ask.
/// </summary>
internal sealed class HealthChecker(ProxyLoop loop)
{
    /// <summary>Probes under way; what is due beyond them waits, so that a large mesh is not dialled all at once.</summary>
    private const int ProbesMax = 64;

    private const long PauseMinMs = 20;

    private const long PauseMaxMs = 1_000;

    /// <summary>Of the interval: proxies that began together do not stay so.</summary>
    private const double Jitter = 0.1;

    private readonly HashSet<ResourceCell<ClusterState>> _cells = [];
    private readonly ConditionalWeakTable<EndpointState, ProbeSchedule> _schedules = [];
    private bool _isRunning;
    private int _underWay;

    /// <summary>The cluster has a check. On the loop.</summary>
    internal void Watch(ResourceCell<ClusterState> cell)
    {
        _cells.Add(cell);
        if (!_isRunning)
        {
            _isRunning = true;
            loop.Loop.Supervise(RunAsync(), "health");
        }
    }

    private async LoopTask RunAsync()
    {
        while (true)
        {
            _cells.RemoveWhere(static c => c.Model?.Model.Config.HealthCheck is null);
            if (_cells.Count == 0)
            {
                _isRunning = false;
                return;
            }

            long next = loop.Loop.NowMs + PauseMaxMs;
            foreach (ResourceCell<ClusterState> cell in _cells)
            {
                next = Math.Min(next, Visit(cell.Model));
            }

            await loop.Loop.DelayAsync(Math.Max(PauseMinMs, next - loop.Loop.NowMs));
        }
    }

    /// <summary>Starts what is due; when the next one is.</summary>
    private long Visit(ClusterState? cluster)
    {
        long next = long.MaxValue;
        if (cluster?.Model is not { Config.HealthCheck: { } check } model)
        {
            return next;
        }

        foreach (EndpointModel endpoint in model.Endpoints)
        {
            ProbeSchedule schedule = ScheduleOf(endpoint.Balanced.State, check);
            if (schedule.IsUnderWay || endpoint.IsDraining)
            {
                continue;
            }

            if (schedule.DueMs <= loop.Loop.NowMs && _underWay < ProbesMax)
            {
                loop.Loop.Supervise(ProbeAsync(cluster, check, endpoint, schedule), "health-probe");
            }
            else
            {
                next = Math.Min(next, schedule.DueMs);
            }
        }

        return next;
    }

    private ProbeSchedule ScheduleOf(EndpointState state, HealthCheckModel check)
    {
        if (!_schedules.TryGetValue(state, out ProbeSchedule? schedule))
        {
            double first = loop.Random.NextDouble() * Math.Min(check.Interval.TotalMilliseconds, PauseMaxMs);
            schedule = new ProbeSchedule { DueMs = loop.Loop.NowMs + (long)first };
            _schedules.Add(state, schedule);
        }

        return schedule;
    }

    private async LoopTask ProbeAsync(ClusterState cluster, HealthCheckModel check, EndpointModel endpoint, ProbeSchedule schedule)
    {
        schedule.IsUnderWay = true;
        _underWay++;
        ProbeResult result;
        try
        {
            result = await HealthProbe.RunAsync(loop, cluster.Model.Config, check, endpoint);
        }
        finally
        {
            _underWay--;
            schedule.IsUnderWay = false;
            double spread = 1 + (Jitter * ((2 * loop.Random.NextDouble()) - 1));
            schedule.DueMs = loop.Loop.NowMs + (long)(check.Interval.TotalMilliseconds * spread);
        }

        loop.Telemetry.Counters.Count(LoopCounter.HealthProbes);
        if (!result.IsHealthy)
        {
            loop.Telemetry.Counters.Count(LoopCounter.HealthProbeFailures);
        }

        schedule.Count(result.IsHealthy);
        bool isHealthy = endpoint.Balanced.State.IsUnhealthy ? schedule.Successes >= check.HealthyAfter : schedule.Failures < check.UnhealthyAfter;
        cluster.Balancer.SetHealth(endpoint.Balanced, isHealthy, result.Note, loop.Now);
    }
}
