using System.Collections.Concurrent;
using System.Threading.Channels;
using Weft.ControlPlane.Distribute;
using Weft.Protocol.Telemetry.V1;

namespace Weft.ControlPlane.Observe;

/// <summary>Who watches live requests. A tap reaches proxies as a discovery resource and ends there by itself. Thread-safe.</summary>
internal sealed class TapBook(MeshFeed feed, TimeProvider time)
{
    /// <summary>How long a proxy goes on without being told again: a lost control plane leaves no proxy tapping for ever.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, Tap> _taps = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">As many watchers as allowed are there.</exception>
    public Tap Open(Func<SubscriberScope, bool> where, string pathPrefix, string method, uint perSecond)
    {
        if (_taps.Count >= TrafficLimits.WatchersMax)
        {
            throw new InvalidOperationException($"{TrafficLimits.WatchersMax} watchers are there already: close one");
        }

        var request = new TapRequest
        {
            Id = Guid.NewGuid().ToString("N"),
            PathPrefix = pathPrefix,
            Method = method,
            MaxPerSecond = Math.Clamp(perSecond, 1, TrafficLimits.TapPerSecondMax),
            UntilUnixMs = (ulong)(time.GetUtcNow() + Lifetime).ToUnixTimeMilliseconds(),
        };
        var tap = new Tap(this, request, where);
        _taps[request.Id] = tap;
        feed.Notify();
        return tap;
    }

    public IEnumerable<EncodedResource> For(SubscriberScope scope) =>
        _taps.Values.Where(t => t.Covers(scope)).Select(t => EncodedResource.Of(t.Request.Id, t.Request));

    public EncodedResource? Find(string id, SubscriberScope scope) =>
        _taps.TryGetValue(id, out Tap? tap) && tap.Covers(scope) ? EncodedResource.Of(id, tap.Request) : null;

    public void Take(SubscriberScope from, TapEvent what)
    {
        foreach (Tap tap in _taps.Values)
        {
            if (tap.Covers(from))
            {
                tap.Offer(what);
            }
        }
    }

    /// <summary>Tells proxies again before their taps run out.</summary>
    public void Advance()
    {
        ulong soon = (ulong)(time.GetUtcNow() + (Lifetime / 2)).ToUnixTimeMilliseconds();
        bool any = false;
        foreach (Tap tap in _taps.Values.Where(t => t.Request.UntilUnixMs < soon))
        {
            tap.Extend((ulong)(time.GetUtcNow() + Lifetime).ToUnixTimeMilliseconds());
            any = true;
        }

        if (any)
        {
            feed.Notify();
        }
    }

    private void Close(Tap tap)
    {
        _taps.TryRemove(tap.Request.Id, out _);
        feed.Notify();
    }

    /// <summary>One watcher's tap; closing it tells the proxies.</summary>
    internal sealed class Tap(TapBook book, TapRequest request, Func<SubscriberScope, bool> where) : IDisposable
    {
        private readonly Channel<TapEvent> _events = Channel.CreateBounded<TapEvent>(
            new BoundedChannelOptions(TrafficLimits.TapEventsQueuedMax) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

        private volatile TapRequest _request = request;

        public TapRequest Request => _request;

        public ChannelReader<TapEvent> Events => _events.Reader;

        public bool Covers(SubscriberScope scope) => where(scope);

        public void Offer(TapEvent what)
        {
            if (what.Path.StartsWith(_request.PathPrefix, StringComparison.Ordinal) && (_request.Method.Length == 0 || what.Method == _request.Method))
            {
                _events.Writer.TryWrite(what);
            }
        }

        public void Extend(ulong untilUnixMs)
        {
            TapRequest longer = _request.Clone();
            longer.UntilUnixMs = untilUnixMs;
            _request = longer;
        }

        public void Dispose() => book.Close(this);
    }
}
