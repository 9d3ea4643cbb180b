using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Weft.Protocol.Discovery.V1;

namespace Weft.ControlPlane.Distribute;

/// <summary>
/// One Delta stream. A pump moves requests into a bounded queue; one loop owns all state, compares it with the newest
/// view and writes. A slow subscriber holds back only itself, and then skips views instead of queueing them.
/// </summary>
internal sealed class DeltaStream(MeshFeed feed, Subscribers subscribers, Subscriber self, TimeProvider time, ILogger logger)
{
    /// <summary>Requests read ahead; a faster proxy waits in HTTP/2 flow control.</summary>
    private const int RequestsQueuedMax = 32;

    private readonly Dictionary<string, TypeSubscription> _types = new(StringComparer.Ordinal);

    private static readonly DeltaRequest Wake = new();

    private readonly Channel<DeltaRequest> _queue =
        Channel.CreateBounded<DeltaRequest>(new BoundedChannelOptions(RequestsQueuedMax) { SingleReader = true });

    private int _meshChanged;
    private long _nonce;

    public async Task RunAsync(DeltaRequest first, IAsyncStreamReader<DeltaRequest> requests, IServerStreamWriter<DeltaResponse> responses, CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using IDisposable listening = feed.Listen(OnMeshChanged);
        _queue.Writer.TryWrite(first);
        Task pump = PumpAsync(requests, ending.Token);
        try
        {
            while (await _queue.Reader.WaitToReadAsync(ending.Token))
            {
                IEnumerable<TypeSubscription> touched = TakeQueued();
                foreach (TypeSubscription subscription in touched)
                {
                    await SendAsync(subscription, responses, ending.Token);
                }
            }

            await pump; // the client ended its side, or broke off: that is the stream's outcome
        }
        finally
        {
            await ending.CancelAsync();
        }
    }

    private async Task PumpAsync(IAsyncStreamReader<DeltaRequest> requests, CancellationToken ct)
    {
        try
        {
            while (await requests.MoveNext(ct))
            {
                await _queue.Writer.WriteAsync(requests.Current, ct);
            }

            _queue.Writer.TryComplete();
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or RpcException)
        {
            _queue.Writer.TryComplete(); // the peer is gone; nobody is left to tell
        }
    }

    private void OnMeshChanged()
    {
        if (Interlocked.Exchange(ref _meshChanged, 1) == 0)
        {
            _queue.Writer.TryWrite(Wake); // full: the loop is awake and looks at the flag after this batch anyway
        }
    }

    /// <summary>Takes everything queued; the types to compare afterwards. A change of the mesh touches all.</summary>
    private HashSet<TypeSubscription> TakeQueued()
    {
        var touched = new HashSet<TypeSubscription>();
        while (_queue.Reader.TryRead(out DeltaRequest? request))
        {
            if (!ReferenceEquals(request, Wake) && TakeRequest(request) is { } subscription)
            {
                touched.Add(subscription);
            }
        }

        if (Interlocked.Exchange(ref _meshChanged, 0) == 1) // before the view is read: a later change wakes again
        {
            touched.UnionWith(_types.Values);
        }

        return touched;
    }

    private TypeSubscription? TakeRequest(DeltaRequest request)
    {
        if (request.Status is { } status)
        {
            subscribers.Report(self, status);
        }

        if (request.Type.Length == 0)
        {
            return null;
        }

        if (!DiscoveryTypes.Known.Contains(request.Type))
        {
            throw DiscoveryRefused.Invalid($"type \"{request.Type}\" is not one of {string.Join(", ", DiscoveryTypes.Known.Order(StringComparer.Ordinal))}");
        }

        NoteAcknowledgement(request);
        if (request.Subscribe.Count == 0 && request.Unsubscribe.Count == 0 && request.KnownVersions.Count == 0)
        {
            return null;
        }

        if (request.Subscribe.Contains(DiscoveryTypes.Wildcard) && !DiscoveryTypes.AllowsWildcard(request.Type))
        {
            throw DiscoveryRefused.Invalid($"{request.Type} cannot be subscribed to as \"*\": ask by name");
        }

        if (!_types.TryGetValue(request.Type, out TypeSubscription? subscription))
        {
            _types[request.Type] = subscription = new TypeSubscription(request.Type);
        }

        subscription.Apply(request);
        return subscription.Count <= TypeSubscription.NamesMax
            ? subscription
            : throw DiscoveryRefused.Exhausted($"more than {TypeSubscription.NamesMax} names of type {request.Type} on one stream: unsubscribe from what is no longer used");
    }

    private void NoteAcknowledgement(DeltaRequest request)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (request.Refusals is { } report)
        {
            self.Refuses(request.Type, report.Refusals.Select(r => new Nack(r.Name, r.Error, r.Partly, now)));
        }

        if (request.ResponseNonce.Length == 0)
        {
            return;
        }

        self.Acknowledged(request.Type, request.ResponseNonce);
        if (request.Refusals is null)
        {
            self.Refuses(request.Type, request.Error.Length == 0 ? [] : [new Nack("", request.Error, false, now)]);
        }

        if (request.Error.Length > 0)
        {
            DistributeLog.Nacked(logger, self.Scope.Workload, request.Type, request.Error);
        }
    }

    private async Task SendAsync(TypeSubscription subscription, IServerStreamWriter<DeltaResponse> responses, CancellationToken ct)
    {
        foreach (DeltaResponse response in subscription.Compare(feed.Current, self.Scope))
        {
            response.Nonce = (++_nonce).ToString();
            self.Sent(subscription.Type, response.Nonce, subscription.Count);
            await responses.WriteAsync(response, ct);
            DistributeLog.Sent(logger, self.Scope.Workload, subscription.Type, response.Resources.Count, response.Removed.Count, response.Missing.Count);
        }
    }
}
