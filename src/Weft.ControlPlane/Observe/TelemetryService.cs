using Grpc.Core;
using Weft.Authority;
using Weft.ControlPlane.Distribute;
using Weft.Primitives;
using Weft.Protocol.Telemetry.V1;

namespace Weft.ControlPlane.Observe;

/// <summary>weft.telemetry.v1.Telemetry: sums and tapped requests of one proxy, under the identity it proved.</summary>
internal sealed class TelemetryService(MeshAuthority authority, MeshFeed feed, EdgeBook edges, TapBook taps) : Protocol.Telemetry.V1.Telemetry.TelemetryBase
{
    public override async Task<ReportSummary> Report(IAsyncStreamReader<TelemetryReport> requestStream, ServerCallContext context)
    {
        (SpiffeId proved, _) = PeerProof.Require(context, authority);
        SubscriberScope? scope = null;
        try
        {
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                TelemetryReport report = requestStream.Current;
                if (scope is null)
                {
                    await feed.WhenLoadedAsync(context.CancellationToken);
                    scope = NodeAdmission.Admit(new Protocol.Discovery.V1.Node { Workload = report.Workload }, proved, feed.Current.Resources);
                }

                edges.Take(scope.Workload, report);
                foreach (TapEvent tapped in report.Taps)
                {
                    taps.Take(scope, tapped);
                }
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The proxy is gone or reconnects; what it could not send is in the next report's sums.
        }

        return new ReportSummary();
    }
}
