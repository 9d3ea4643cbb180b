using Weft.Http;
using Weft.Http.Http1;
using Weft.Policy.Retries;
using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>One try of one request at one upstream. On the loop. <see cref="HedgedAttempt"/> makes several at once of the same steps.</summary>
internal static class Attempt
{
    /// <remarks>(1) a stream (2) head and content up (3) wait for the head down ── can still be retried │ (4) head and content down (5) settle</remarks>
    internal static async LoopTask<AttemptResult> RunAsync(Exchange x, UpstreamChoice choice, ForwardPlan plan)
    {
        x.Attempts++;
        x.UpstreamText = choice.Text;
        HttpClientStream? upstream = UpstreamDialer.TryTake(x.Loop, choice);                                // (1)
        if (upstream is null)
        {
            Outcome<HttpClientStream> opened = plan.Limits is { LimitsConnections: true } limits
                ? await ConnectionTurn.OpenAsync(x, choice, limits)
                : await UpstreamDialer.OpenAsync(x.Loop, choice);
            if (!opened.TryGet(out upstream))
            {
                return new AttemptResult(opened.Fault, 0, -1, false, false);
            }
        }

        if (x.IsPending)
        {
            ConnectionTurn.Connected(x, plan.Limits!); // only where there are limits requests wait
        }

        if (!choice.IsPeer && !upstream.TakesUpgrades && !RequestWriter.UpgradeOf(x.Client).IsEmpty)
        {
            return await AfterSettingsAsync(x, upstream, choice, plan);
        }

        x.Upstream = upstream;
        x.UpstreamStartTicks = x.Loop.Loop.NowTicks;
        RequestWriter.Write(x, choice, upstream);                                                           // (2)
        bool hasBody = SendReplay(x, upstream);
        LoopTask<Fault> body = hasBody ? SendBodyAsync(x, upstream) : default;
        x.WatchClient(!hasBody || x.Client.IsEnded || x.Client.IsShared); // on a connection of its own the reader of the content sees it

        upstream.SetReadDeadline(ReadTime(x, plan.Retries));
        Fault fault = await AwaitHeadAsync(x, upstream);                                                    // (3)
        if (fault != Fault.None || IsRetried(x, upstream, plan))
        {
            return await GiveUpAsync(x, upstream, fault, hasBody, body);
        }

        fault = await AnswerAsync(x, upstream);                                                             // (4)
        return await SettleAsync(x, upstream, choice, fault, hasBody, body);                                // (5)
    }

    /// <summary>Nothing was sent yet, and must not be before the server has said that it takes upgrades; then the attempt begins again.</summary>
    private static async LoopTask<AttemptResult> AfterSettingsAsync(Exchange x, HttpClientStream upstream, UpstreamChoice choice, ForwardPlan plan)
    {
        upstream.SetReadDeadline(ReadTime(x, plan.Retries));
        Fault fault = await upstream.AwaitUpgradesAsync();
        upstream.Release(reusable: false);
        if (fault != Fault.None)
        {
            return new AttemptResult(fault, 0, -1, false, false);
        }

        x.Attempts--;
        return await RunAsync(x, choice, plan);
    }

    /// <summary>The answer is out, whole or not. What is left of the request's content goes nowhere, and the client learns so by our close.</summary>
    internal static async LoopTask<AttemptResult> SettleAsync(
        Exchange x, HttpClientStream upstream, UpstreamChoice choice, Fault fault, bool hasBody, LoopTask<Fault> body)
    {
        x.WatchClient(false);
        bool wholeRequest = x.Client.IsEnded;
        bool isLast = choice.Endpoint is { HasLeft: true }
            || (choice.RequestsMax != 0 && upstream is Http1Client { Requests: var requests } && requests >= choice.RequestsMax);
        var result = new AttemptResult(fault, 0, -1, true, upstream.IsReused);
        x.Upstream = null;
        if (hasBody)
        {
            await StopBodyAsync(x, upstream, wholeRequest, body);
        }

        upstream.Release(fault == Fault.None && wholeRequest && !x.IsTunnelled && !isLast);
        return result;
    }

    /// <summary>What earlier tries have read of the request's content. True: more of it is to come from the client.</summary>
    internal static bool SendReplay(Exchange x, HttpClientStream upstream)
    {
        if (x.Client.Request.Framing is BodyFraming.None)
        {
            return false;
        }

        bool isWhole = x.Client.IsEnded;
        if (x.Replay.Bytes.Length > 0)
        {
            upstream.Write(x.Replay.Bytes);
        }

        if (isWhole)
        {
            upstream.End(x.Client.Trailers);
        }

        return !isWhole;
    }

    internal static long ReadTime(Exchange x, RetryModel retries)
    {
        long perTry = (long)retries.PerTryTimeout.TotalMilliseconds;
        if (x.DueMs == 0)
        {
            return perTry;
        }

        long rest = Math.Max(1, x.DueMs - x.Loop.Loop.NowMs);
        return perTry == 0 ? rest : Math.Min(perTry, rest);
    }

    private static async LoopTask<Fault> SendBodyAsync(Exchange x, HttpClientStream upstream)
    {
        x.Client.SetReadDeadline((long)x.Loop.Parts.Limits.BodyStall.TotalMilliseconds);
        Fault fault = await ContentRelay.PassAsync(x.Client, upstream, Fault.UpstreamReset, x.ContentTee);
        x.Client.SetReadDeadline(0);
        if (fault.Info().Blame is Blame.Client)
        {
            // Half a request must not be taken for a whole one; closing also ends the wait for its answer.
            x.BodyFault = fault;
            x.Upstream?.Abort();
        }
        else if (fault == Fault.None)
        {
            x.Mirrored?.End(x.Client);
            if (x.Upstream is not null)
            {
                x.WatchClient(true);
            }
        }

        return fault;
    }

    private static async LoopTask<Fault> AwaitHeadAsync(Exchange x, HttpClientStream upstream)
    {
        for (int interims = 0; ; interims++)
        {
            Fault fault = await upstream.ReadHeadAsync();
            if (fault != Fault.None)
            {
                return x.BodyFault != Fault.None ? x.BodyFault : x.IsClientGone ? Fault.ClientClosed : fault;
            }

            if (!upstream.Response.IsInterim)
            {
                x.UpstreamFirstTicks = x.Loop.Loop.NowTicks;
                bool isDeclined = upstream.Response.Framing is not BodyFraming.Tunnel && ResponseWriter.WouldEstablish(x, upstream.Response.Status);
                return isDeclined ? Fault.UpgradeDeclined : Fault.None;
            }

            if (interims == x.Loop.Parts.Limits.InterimHeadsMax)
            {
                return Fault.UpstreamMalformed;
            }

            ResponseWriter.WriteInterim(x, upstream);
            upstream.TakeHead();
            await x.Client.FlushAsync();
        }
    }

    /// <summary>An answer is thrown away only for a retry that will be made: otherwise it is the best that the client can get.</summary>
    internal static bool IsRetried(Exchange x, HttpClientStream upstream, in ForwardPlan plan)
    {
        int status = upstream.Response.Status;
        if (x.Rounds > plan.Retries.Attempts || !x.Replay.IsWhole || (status < 400 && !x.IsGrpc))
        {
            return false;
        }

        bool idempotent = HttpMethods.IsIdempotent(x.Client.Request.MethodKind);
        int grpc = ResponseWriter.GrpcStatusOf(upstream.Response.Fields, upstream.Head);
        return plan.Retries.Retries(new AttemptOutcome(Fault.None, status, grpc, true, upstream.IsReused, false, idempotent)) && Forwarder.TryAcquireRetry(x, plan);
    }

    internal static async LoopTask<AttemptResult> GiveUpAsync(Exchange x, HttpClientStream upstream, Fault fault, bool hasBody, LoopTask<Fault> body)
    {
        int status = fault == Fault.None ? upstream.Response.Status : 0;
        int grpc = fault == Fault.None ? ResponseWriter.GrpcStatusOf(upstream.Response.Fields, upstream.Head) : -1;
        var result = new AttemptResult(fault, status, grpc, true, upstream.IsReused, upstream.IsUnprocessed);
        x.Upstream = null;
        x.WatchClient(false);
        if (hasBody)
        {
            upstream.Abort();
            await InterruptBodyAsync(x, body);
        }

        upstream.Release(reusable: false);
        return result;
    }

    /// <summary>The next try goes on reading where this one stops; what was read so far stands in the replay buffer.</summary>
    private static async LoopTask InterruptBodyAsync(Exchange x, LoopTask<Fault> body)
    {
        bool isInterrupted = !body.IsCompleted;
        if (isInterrupted)
        {
            x.Client.SetReadDeadline(1);
        }

        Fault fault = await body;
        if (isInterrupted && fault == Fault.ClientTimedOut)
        {
            x.BodyFault = Fault.None;
        }
    }

    /// <remarks>After the first line of the head is written, a fault can only be told by a reset.</remarks>
    internal static async LoopTask<Fault> AnswerAsync(Exchange x, HttpClientStream upstream)
    {
        bool isTunnel = upstream.Response.Framing is BodyFraming.Tunnel;
        ResponseWriter.Write(x, upstream);
        x.IsCommitted = true;
        if (isTunnel)
        {
            x.IsTunnelled = true;
            x.ClosesClient = true;
            x.WatchClient(false);
            return await ContentRelay.JoinAsync(x.Client, upstream, (long)x.Loop.Parts.Limits.StreamIdle.TotalMilliseconds);
        }

        Fault fault = ContentRelay.TryPass(upstream, x.Client)
            ? Fault.None // the usual answer came in one read
            : await ContentRelay.PassAsync(upstream, x.Client, Fault.ClientClosed);
        if (fault == Fault.None && x.IsGrpc && x.GrpcStatus < 0)
        {
            x.GrpcStatus = ResponseWriter.GrpcStatusOf(upstream.Trailers);
        }

        return x.IsClientGone ? Fault.ClientClosed : fault;
    }

    /// <summary>Nobody may write to the stream any more before it is released: it will be another request's.</summary>
    private static async LoopTask StopBodyAsync(Exchange x, HttpClientStream upstream, bool wholeRequest, LoopTask<Fault> body)
    {
        if (!wholeRequest)
        {
            upstream.Abort();
        }

        if (!wholeRequest && x.Client is Http1Server client)
        {
            x.ClosesClient = true;
            client.Transport.Finish();
        }

        if (!body.IsCompleted)
        {
            x.Client.SetReadDeadline(x.Client.IsShared ? 1 : HttpSession.LingerMs);
        }

        await body;
    }
}
