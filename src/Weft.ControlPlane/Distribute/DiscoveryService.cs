using Grpc.Core;
using Microsoft.Extensions.Logging;
using Weft.Authority;
using Weft.Primitives;
using Weft.Protocol.Discovery.V1;

namespace Weft.ControlPlane.Distribute;

/// <summary>weft.discovery.v1.Discovery: admits a stream, then hands it to its <see cref="DeltaStream"/>.</summary>
internal sealed class DiscoveryService(MeshAuthority authority, MeshFeed feed, Subscribers subscribers, TimeProvider time, ILogger<DiscoveryService> logger)
    : Discovery.DiscoveryBase
{
    public override async Task Delta(IAsyncStreamReader<DeltaRequest> requestStream, IServerStreamWriter<DeltaResponse> responseStream, ServerCallContext context)
    {
        (SpiffeId proved, DateTimeOffset notAfter) = PeerProof.Require(context, authority);
        CancellationToken ct = context.CancellationToken;
        if (!await requestStream.MoveNext(ct))
        {
            return;
        }

        DeltaRequest first = requestStream.Current;
        await feed.WhenLoadedAsync(ct);
        SubscriberScope scope = NodeAdmission.Admit(first.Node, proved, feed.Current.Resources);

        // A stream must not outlive the proof it stands on; the proxy has renewed long before and reconnects at once.
        using var expiry = new CancellationTokenSource(Remaining(notAfter), time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct, expiry.Token);
        Subscriber self = subscribers.Add(scope, first.Node);
        DistributeLog.Connected(logger, scope.Workload, context.Peer);
        try
        {
            await new DeltaStream(feed, subscribers, self, time, logger).RunAsync(first, requestStream, responseStream, ending.Token);
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw DiscoveryRefused.Unauthenticated("the certificate of this connection has expired: connect again with the renewed one");
        }
        finally
        {
            subscribers.Remove(self);
            DistributeLog.Disconnected(logger, scope.Workload);
        }
    }

    private TimeSpan Remaining(DateTimeOffset notAfter)
    {
        TimeSpan left = notAfter - time.GetUtcNow();
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < TimeSpan.FromDays(30) ? left : TimeSpan.FromDays(30);
    }
}
