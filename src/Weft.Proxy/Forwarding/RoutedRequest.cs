using Weft.Policy.Routing;
using Weft.Primitives;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>What sidecars and gateways do with a request once its route table is known. On the loop.</summary>
internal static class RoutedRequest
{
    private const int LocationBytesMax = 8 << 10;

    /// <remarks>(1) decide (2) injected delay and abort (3) answers of our own (4) cluster (5) changes (6) copies to mirrors (7) forward</remarks>
    internal static async LoopTask RunAsync(Exchange x, RouteTable table, bool isGateway)
    {
        x.Decision = table.Decide(x.Facts, Forwarder.NextRandom(x));                              // (1)
        x.Route = x.Decision.Origin.Display.Text;
        FaultDraw injected = x.Decision.Fault;
        if (injected.Delay > TimeSpan.Zero)
        {
            await x.Loop.Loop.DelayAsync((long)injected.Delay.TotalMilliseconds);                 // (2)
        }

        if (injected.Aborts)
        {
            await CountUnpickedAsync(x);
            Abort(x, injected);
            return;
        }

        if (x.Decision.Route?.Cors is { } cors && AnswersPreflight(x, cors))
        {
            await CountUnpickedAsync(x);
            return;
        }

        if (x.Decision.Outcome is not RouteOutcome.Forward)
        {
            AnswerDirectly(x);                                                                    // (3)
            return;
        }

        DestinationModel destination = x.Decision.Destination!; // the outcome is Forward
        ForwardModel forward = x.Decision.Route!.Forward!;      // likewise
        Outcome<ClusterState> found = await x.Loop.Parts.Mesh.Cells.Cluster(destination.Cluster).GetAsync(x.Loop.Loop);   // (4)
        if (!found.TryGet(out ClusterState? cluster))
        {
            LocalAnswer.Fail(x, found.Fault);
            return;
        }

        if (!TryChange(x, isGateway))                                                             // (5)
        {
            x.Edge = cluster.Model.Unpicked;
            LocalAnswer.Fail(x, Fault.Internal);
            return;
        }

        Mirroring.Start(x, forward);                                                              // (6)
        x.DueMs = forward.Timeout > TimeSpan.Zero ? x.Loop.Loop.NowMs + (long)forward.Timeout.TotalMilliseconds : 0;
        await Forwarder.ForwardAsync(x, new ForwardPlan { Cluster = cluster, Retries = forward.Retries });                          // (7)
        x.Mirrored?.End(x.Client);
    }

    /// <summary>An injected abort counts for the service that was meant, if that is known by now.</summary>
    private static async LoopTask CountUnpickedAsync(Exchange x)
    {
        if (x.Decision.Destination is { } destination)
        {
            Outcome<ClusterState> found = await x.Loop.Parts.Mesh.Cells.Cluster(destination.Cluster).GetAsync(x.Loop.Loop);
            x.Edge = found.TryGet(out ClusterState? cluster) ? cluster.Model.Unpicked : null;
        }
    }

    /// <summary>A preflight ends here; what an actual request gets is set with its answer.</summary>
    private static bool AnswersPreflight(Exchange x, CorsModel cors)
    {
        CorsDecision decision = cors.Decide(x.Facts);
        if (decision.Kind is not CorsKind.AnswerPreflight)
        {
            return false;
        }

        x.Lines.Clear();
        WriteCors(decision, x.Lines);
        LocalAnswer.WriteWithLines(x, 200, default, default);
        return true;
    }

    internal static void WriteCors(in CorsDecision decision, LineBuffer lines)
    {
        for (int i = 0; decision.TryGetField(i, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value); i++)
        {
            if (!value.IsEmpty)
            {
                lines.Field(name, value);
            }
        }
    }

    private static bool TryChange(Exchange x, bool isGateway)
    {
        if (isGateway)
        {
            RequestPreparation.Gateway(x);
            RequestTokens.Write(x, x.Loop.Parts.Mesh.Workload?.Tokens ?? Policy.Tokens.JwtTable.None);
        }
        else
        {
            RequestPreparation.Outbound(x);
        }

        ReadOnlySpan<byte> path = x.Client.Target.Path;
        if (x.Decision.Route?.Forward?.Rewrite is null && x.Decision.Destination?.Rewrite is null)
        {
            return true;
        }

        int room = Math.Min(x.Loop.Parts.Limits.EditBytesMax, (path.Length * 2) + 1024);
        while (true)
        {
            Span<byte> destination = x.Path.Take(room);
            RewriteStatus status = x.Decision.RewritePath(path, destination, out int written);
            x.Path.Shorten(room - written);
            if (status is not RewriteStatus.TooLarge)
            {
                return true;
            }

            if (room == x.Loop.Parts.Limits.EditBytesMax)
            {
                return false;
            }

            room = Math.Min(x.Loop.Parts.Limits.EditBytesMax, room * 2);
        }
    }

    private static void Abort(Exchange x, FaultDraw injected)
    {
        x.Fault = Fault.Injected;
        if (injected.AbortGrpcStatus != 0 && x.IsGrpc)
        {
            LocalAnswer.WriteGrpc(x, (GrpcCode)injected.AbortGrpcStatus, "fault filter abort"u8);
            return;
        }

        // Envoy's words: clients of Istio's examples look for them.
        LocalAnswer.Write(x, injected.AbortHttpStatus == 0 ? 200 : injected.AbortHttpStatus, "fault filter abort"u8, "text/plain"u8);
    }

    /// <summary>The route names a destination that is not there; its dialect says with which status.</summary>
    private static void AnswerInvalid(Exchange x)
    {
        x.Fault = Fault.UnknownCluster;
        if (x.IsGrpc)
        {
            LocalAnswer.WriteGrpc(x, Fault.UnknownCluster.Info().Grpc, "the route's destination does not exist"u8);
            return;
        }

        LocalAnswer.Write(x, x.Decision.InvalidStatus, default, default);
    }

    private static void AnswerDirectly(Exchange x)
    {
        switch (x.Decision.Outcome)
        {
            case RouteOutcome.Redirect:
                Span<byte> location = stackalloc byte[LocationBytesMax];
                if (x.Decision.TryWriteLocation(x.Facts, location, out int written))
                {
                    LocalAnswer.Redirect(x, x.Decision.RedirectStatus, location[..written]);
                }
                else
                {
                    LocalAnswer.Fail(x, Fault.Internal);
                }

                break;
            case RouteOutcome.Direct:
                DirectResponseModel direct = x.Decision.Route!.Direct!; // the outcome is Direct
                LocalAnswer.Write(x, direct.Status, direct.Body.Span, direct.ContentType.Span);
                break;
            case RouteOutcome.Invalid:
                AnswerInvalid(x);
                break;
            default:
                LocalAnswer.Fail(x, Fault.NoRoute);
                break;
        }
    }
}
