using Weft.Protocol.Telemetry.V1;
using Weft.Telemetry;
using Weft.Telemetry.Taps;
using Weft.Transport;

namespace Weft.Proxy.Observe;

/// <summary>Brings tapped requests from the loops' rings to everybody who watches. Control loop only.</summary>
internal sealed class TapFeed(EventLoop loop, TelemetryHub hub)
{
    /// <summary>How long an event may wait in its ring while somebody watches.</summary>
    private const long PeriodMs = 100;

    private const int EventsPerTurnMax = 500;

    private readonly Dictionary<object, (TapFilter Filter, Action<TapEvent> Take)> _watchers = [];
    private bool _running;

    /// <summary>One watcher may change what it wants; null ends it.</summary>
    public void Watch(object watcher, TapFilter? filter, Action<TapEvent> take)
    {
        if (filter is null)
        {
            _watchers.Remove(watcher);
        }
        else
        {
            _watchers[watcher] = (filter, take);
        }

        hub.Apply(hub.Settings with { Tap = Combined() });
        if (_watchers.Count > 0 && !_running)
        {
            _running = true;
            loop.Supervise(RunAsync(), "tap");
        }
    }

    // Rings hold what any watcher wants; one with a narrower wish looks again.
    private TapFilter? Combined() => _watchers.Count switch
    {
        0 => null,
        1 => _watchers.Values.First().Filter,
        _ => TapFilter.Everything(_watchers.Values.Max(w => w.Filter.MaxPerSecond)),
    };

    private async LoopTask RunAsync()
    {
        while (_watchers.Count > 0)
        {
            hub.DrainTaps(EventsPerTurnMax, record =>
            {
                TapEvent tapped = TapEvent.Parser.ParseFrom(record.Span);
                foreach ((TapFilter filter, Action<TapEvent> take) in _watchers.Values)
                {
                    if (filter.Matches((long)tapped.UnixUs, tapped.Path, tapped.Method))
                    {
                        take(tapped);
                    }
                }
            });
            await loop.DelayAsync(PeriodMs);
        }

        _running = false;
    }
}
