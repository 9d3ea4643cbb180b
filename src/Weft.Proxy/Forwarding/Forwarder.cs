using Weft.Balancing;
using Weft.Policy.Limits;
using Weft.Policy.Retries;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using Weft.Wire.Http1;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Proxy.Forwarding;

/// <summary>Sends one request on until it is answered: by an upstream, or by us with the fault that stopped it. On the loop.</summary>
internal static class Forwarder
{
    /// <remarks>(1) pick (2) attempt ── after its answer began nothing can be taken back │ (3) again, or (4) say why not</remarks>
    internal static async LoopTask ForwardAsync(Exchange x, ForwardPlan plan)
    {
        ClusterLoadState? load = plan.Limits;
        if (load is not null && !load.TryAcquireRequest(x.Loop.Now))
        {
            x.Edge = plan.Unpicked;
            LocalAnswer.Fail(x, Fault.UpstreamOverflow);
            return;
        }

        bool takesTurns = load is { LimitsConnections: true };
        while (true)
        {
            Fault unpicked = takesTurns && !plan.SharesConnections ? await ConnectionTurn.TakeAsync(x, load!, plan.ConnectMs) : Fault.None; // who takes turns has a load
            UpstreamChoice? choice = unpicked == Fault.None ? plan.Fixed : null;
            if (plan.Cluster is not null && unpicked == Fault.None)
            {
                unpicked = EndpointPicker.Pick(x, plan.Cluster, out choice);                                                         // (1)
            }

            x.Edge = choice?.Edge ?? plan.Unpicked;
            var result = new AttemptResult(unpicked, 0, -1, false, false);
            if (choice is not null && plan.Cluster?.Model.Config.Hedging is { } hedging && HedgedAttempt.Suits(x, plan.Cluster))
            {
                result = await HedgedAttempt.RunAsync(x, choice, plan, hedging);                                                     // (2) several beside each other
            }
            else if (choice is not null)
            {
                long start = x.Loop.Loop.NowTicks;
                Begin(plan.Cluster, choice);
                result = await Attempt.RunAsync(x, choice, plan);                                                                    // (2)
                Report(x, plan.Cluster, choice, result, start);
            }

            if (takesTurns)
            {
                ConnectionTurn.Leave(x, load!); // as above
            }

            if (result.Fault == Fault.None && result.Status == 0)
            {
                break;
            }

            bool isAcquired = result.Fault == Fault.None; // the answer was thrown away for it
            if (x.IsCommitted || x.IsClientGone || unpicked != Fault.None || !(isAcquired || MayRetry(x, plan, result)))
            {
                Conclude(x, result);                                                                                                 // (4)
                break;
            }

            x.Loop.Telemetry.Counters.Count(LoopCounter.Retries);
            await x.Loop.Loop.DelayAsync((long)plan.Retries.Backoff(x.Rounds, NextRandom(x)).TotalMilliseconds);                   // (3)
        }

        ReleaseRetry(x, load);
        load?.ReleaseRequest();
    }

    private static void Begin(ClusterState? cluster, UpstreamChoice choice)
    {
        if (choice.Endpoint is { } endpoint)
        {
            cluster?.Balancer.Started(endpoint.Balanced);
        }
    }

    /// <summary>The balancer is told of every attempt: it counts those under way, and ejects who keeps failing.</summary>
    internal static void Report(Exchange x, ClusterState? cluster, UpstreamChoice choice, in AttemptResult result, long start)
    {
        if (cluster is not null && choice.Endpoint is { } endpoint)
        {
            int status = result.Fault == Fault.None && result.Status == 0 ? x.Status : result.Status;
            TimeSpan took = System.Diagnostics.Stopwatch.GetElapsedTime(start, x.Loop.Loop.NowTicks);
            cluster.Balancer.Ended(endpoint.Balanced, new AttemptReport(status, result.Fault, took), x.Loop.Now);
        }
    }

    internal static ulong NextRandom(Exchange x) => (ulong)x.Loop.Random.NextInt64(long.MinValue, long.MaxValue);

    private static bool MayRetry(Exchange x, in ForwardPlan plan, in AttemptResult result)
    {
        HttpMethod method = x.Client.Request.MethodKind;
        var outcome = new AttemptOutcome(
            result.Fault, result.Status, result.GrpcStatus, result.RequestStarted, result.IsReused, result.IsUnprocessed, HttpMethods.IsIdempotent(method));
        return x.Rounds <= plan.Retries.Attempts
            && (!result.RequestStarted || x.Replay.IsWhole)
            && plan.Retries.Retries(outcome)
            && TryAcquireRetry(x, plan);
    }

    /// <summary>Whether there is time left for another try, and both limit and budget bear it.</summary>
    internal static bool TryAcquireRetry(Exchange x, in ForwardPlan plan)
    {
        ReleaseRetry(x, plan.Cluster?.Load); // the last one counted until its attempt was over
        if (x.DueMs != 0 && x.DueMs <= x.Loop.Loop.NowMs)
        {
            return false;
        }

        x.HoldsRetry = plan.Cluster is not null && plan.Cluster.Load.TryAcquireRetry(x.Loop.Now);
        return plan.Cluster is null || x.HoldsRetry;
    }

    private static void ReleaseRetry(Exchange x, ClusterLoadState? load)
    {
        if (x.HoldsRetry)
        {
            x.HoldsRetry = false;
            load?.ReleaseRetry();
        }
    }

    private static void Conclude(Exchange x, in AttemptResult result)
    {
        if (x.IsClientGone)
        {
            x.Fault = Fault.ClientClosed;
            x.Status = x.Status == 0 ? Fault.ClientClosed.Info().HttpStatus : x.Status;
            x.ClosesClient = true;
            return;
        }

        if (x.IsCommitted)
        {
            // The client has a part: only a reset keeps it from taking that for the whole.
            x.Fault = result.Fault;
            x.Client.Abort();
            x.ClosesClient = true;
            return;
        }

        bool late = result.Fault == Fault.UpstreamTimedOut && x.DueMs != 0 && x.DueMs <= x.Loop.Loop.NowMs;
        LocalAnswer.Fail(x, late ? Fault.RequestTimedOut : result.Fault);
    }
}
