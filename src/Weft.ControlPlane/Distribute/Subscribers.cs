using System.Collections.Concurrent;
using System.Collections.Immutable;
using Weft.Protocol.Discovery.V1;

namespace Weft.ControlPlane.Distribute;

/// <summary>The streams that are open now, and what they told: the data of `weft status` and of pod readiness. Thread-safe.</summary>
internal sealed class Subscribers(TimeProvider time)
{
    private readonly ConcurrentDictionary<long, Subscriber> _open = new();
    private long _ids;

    /// <summary>A stream opened, changed its status, or closed. Called on the stream's loop; must not block.</summary>
    public event Action<Subscriber, SubscriberChange>? Changed;

    public IReadOnlyCollection<Subscriber> Open => [.. _open.Values];

    public Subscriber Add(SubscriberScope scope, Node node)
    {
        var subscriber = new Subscriber(Interlocked.Increment(ref _ids), scope, node, time.GetUtcNow());
        _open[subscriber.Id] = subscriber;
        Changed?.Invoke(subscriber, SubscriberChange.Opened);
        return subscriber;
    }

    public void Report(Subscriber subscriber, WorkloadStatus status)
    {
        subscriber.Status = status;
        if (IsNewest(subscriber)) // a stale stream of a restarted proxy must not overwrite what the new one says
        {
            Changed?.Invoke(subscriber, SubscriberChange.StatusReported);
        }
    }

    public void Remove(Subscriber subscriber)
    {
        bool newest = IsNewest(subscriber);
        if (_open.TryRemove(subscriber.Id, out _) && newest)
        {
            Changed?.Invoke(subscriber, SubscriberChange.Closed);
        }
    }

    public bool IsConnected(string workload) => _open.Values.Any(s => s.Scope.Workload == workload);

    private bool IsNewest(Subscriber subscriber) =>
        !_open.Values.Any(s => s.Id > subscriber.Id && s.Scope.Workload == subscriber.Scope.Workload);
}

internal enum SubscriberChange
{
    Opened,
    StatusReported,
    Closed,
}

/// <summary>One open stream. Counters are written by its loop and read by anybody.</summary>
internal sealed class Subscriber(long id, SubscriberScope scope, Node node, DateTimeOffset since)
{
    /// <summary>Refusals of one type that are kept; a proxy tells no more than that.</summary>
    private const int NacksMax = 100;

    private readonly ConcurrentDictionary<string, TypeProgress> _types = new(StringComparer.Ordinal);

    public long Id => id;

    public SubscriberScope Scope => scope;

    public Node Node => node;

    public DateTimeOffset Since => since;

    public WorkloadStatus? Status { get; set; }

    public IReadOnlyDictionary<string, TypeProgress> Types => _types;

    public void Sent(string type, string nonce, int names) =>
        _types[type] = _types.GetValueOrDefault(type) is { } before ? before with { SentNonce = nonce, Names = names } : new TypeProgress(nonce, "", names, []);

    public void Acknowledged(string type, string nonce) => _types[type] = Of(type) with { AcknowledgedNonce = nonce };

    /// <summary>All that the proxy refuses of a type now. What it refused for the same reason before keeps its time.</summary>
    public void Refuses(string type, IEnumerable<Nack> nacks)
    {
        TypeProgress before = Of(type);
        _types[type] = before with
        {
            Nacks = [.. nacks.Take(NacksMax).Select(n => before.Nacks.FirstOrDefault(b => b.Name == n.Name && b.Error == n.Error) is { } same ? n with { At = same.At } : n)],
        };
    }

    private TypeProgress Of(string type) => _types.GetValueOrDefault(type) ?? new TypeProgress("", "", 0, []);
}

/// <param name="Nacks">What the proxy does not serve as it was sent last.</param>
internal sealed record TypeProgress(string SentNonce, string AcknowledgedNonce, int Names, ImmutableArray<Nack> Nacks)
{
    public bool InSync => SentNonce == AcknowledgedNonce && Nacks.IsEmpty;
}

/// <param name="Name">The resource; empty: a proxy that tells refusals of whole responses only.</param>
/// <param name="Partly">There was no good one before: the proxy serves what it could compile of it.</param>
internal sealed record Nack(string Name, string Error, bool Partly, DateTimeOffset At);
