using Weft.Http;
using Weft.Http.Http1;
using Weft.Policy.Retries;
using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>One try of one request at one upstream. On the loop.</summary>
internal static class Attempt
{
    /// <remarks>(1) connection (2) head and body up (3) wait for the head down ── can still be retried │ (4) head and body down (5) settle</remarks>
    internal static async LoopTask<AttemptResult> RunAsync(Exchange x, UpstreamChoice choice, RetryModel retries)
    {
        x.Attempts++;
        x.UpstreamText = choice.Text;
        Http1Client? upstream = x.Loop.Pool.TryTake(choice.Key);                                            // (1)
        if (upstream is null)
        {
            Outcome<Http1Client> opened = await UpstreamDialer.OpenAsync(x.Loop, choice);
            if (!opened.TryGet(out upstream))
            {
                return new AttemptResult(opened.Fault, 0, -1, false, false);
            }
        }

        x.Upstream = upstream;
        x.UpstreamStartTicks = x.Loop.Loop.NowTicks;
        RequestWriter.Write(x, choice, upstream.Transport);                                                 // (2)
        upstream.Transport.Write(x.Replay.Bytes);
        bool hasBody = !x.Client.Body.IsEnded;
        LoopTask<Fault> body = hasBody ? SendBodyAsync(x, upstream) : default;
        x.WatchClient(!hasBody || x.Client.Body.IsEnded);

        upstream.Transport.SetReadDeadline(ReadTime(x, retries));
        Fault fault = await AwaitHeadAsync(x, upstream);                                                    // (3)
        x.WatchClient(false);
        if (fault != Fault.None || IsRetried(x, upstream, retries))
        {
            return await GiveUpAsync(x, upstream, fault, hasBody, body);
        }

        fault = await AnswerAsync(x, upstream);                                                             // (4)
        bool wholeRequest = x.Client.Body.IsEnded;
        bool last = choice.RequestsMax != 0 && upstream.Requests >= choice.RequestsMax;
        upstream.End(fault == Fault.None && wholeRequest && upstream.Response.KeepAlive && !x.IsTunnelled && !last);   // (5)
        x.Upstream = null;
        if (hasBody)
        {
            await FinishBodyAsync(x, wholeRequest, body);
        }

        return new AttemptResult(fault, 0, -1, true, upstream.IsReused);
    }

    private static long ReadTime(Exchange x, RetryModel retries)
    {
        long perTry = (long)retries.PerTryTimeout.TotalMilliseconds;
        if (x.DueMs == 0)
        {
            return perTry;
        }

        long rest = Math.Max(1, x.DueMs - x.Loop.Loop.NowMs);
        return perTry == 0 ? rest : Math.Min(perTry, rest);
    }

    private static async LoopTask<Fault> SendBodyAsync(Exchange x, Http1Client upstream)
    {
        x.Client.Transport.SetReadDeadline((long)x.Loop.Parts.Limits.BodyStall.TotalMilliseconds);
        Fault fault = await Http1Relay.RequestAsync(x.Client, upstream.Transport, x.Replay);
        x.Client.Transport.SetReadDeadline(0);
        if (fault.Info().Blame is Blame.Client)
        {
            // Half a request must not be taken for a whole one; closing also ends the wait for its answer.
            x.BodyFault = fault;
            upstream.Transport.Abort();
        }
        else if (fault == Fault.None && x.Upstream is not null && !x.IsCommitted)
        {
            x.WatchClient(true);
        }

        return fault;
    }

    private static async LoopTask<Fault> AwaitHeadAsync(Exchange x, Http1Client upstream)
    {
        Http1Limits limits = x.Loop.Parts.Limits.Http1;
        while (true)
        {
            switch (upstream.TryReadHead(limits, x.Client.Request.MethodKind))
            {
                case HeadProgress.Refused:
                    return Fault.UpstreamMalformed;
                case HeadProgress.Done when upstream.Response.IsInterim:
                    ResponseWriter.WriteInterim(x, upstream);
                    upstream.SkipInterim();
                    break;
                case HeadProgress.Done:
                    x.UpstreamFirstTicks = x.Loop.Loop.NowTicks;
                    return Fault.None;
                default:
                    IoStatus status = await upstream.Transport.ReadAsync();
                    if (status != IoStatus.Ok)
                    {
                        return x.BodyFault != Fault.None ? x.BodyFault : x.IsClientGone ? Fault.ClientClosed : status.AsUpstreamFault();
                    }

                    break;
            }
        }
    }

    private static bool IsRetried(Exchange x, Http1Client upstream, RetryModel retries)
    {
        int status = upstream.Response.Status;
        if (x.Attempts > retries.Attempts || !x.Replay.IsWhole || (status < 400 && !x.IsGrpc))
        {
            return false;
        }

        bool idempotent = HttpMethods.IsIdempotent(x.Client.Request.MethodKind);
        return retries.Retries(new AttemptOutcome(Fault.None, status, ResponseWriter.GrpcStatusOf(upstream), true, upstream.IsReused, false, idempotent));
    }

    private static async LoopTask<AttemptResult> GiveUpAsync(Exchange x, Http1Client upstream, Fault fault, bool hasBody, LoopTask<Fault> body)
    {
        int status = fault == Fault.None ? upstream.Response.Status : 0;
        int grpc = fault == Fault.None ? ResponseWriter.GrpcStatusOf(upstream) : -1;
        bool whole = x.Client.Body.IsEnded;
        x.Upstream = null;
        upstream.End(reusable: false);
        if (hasBody)
        {
            x.ClosesClient |= !whole;
            await StopBodyAsync(x, body);
        }

        return new AttemptResult(fault, status, grpc, true, upstream.IsReused);
    }

    /// <remarks>After the first line of the head is written, a fault can only be told by a reset.</remarks>
    private static async LoopTask<Fault> AnswerAsync(Exchange x, Http1Client upstream)
    {
        Http1Limits limits = x.Loop.Parts.Limits.Http1;
        LoopConnection client = x.Client.Transport;
        bool unchunk = ResponseWriter.Write(x, upstream);
        x.IsCommitted = true;
        if (upstream.Response.Framing is BodyFraming.Tunnel)
        {
            x.IsTunnelled = true;
            x.ClosesClient = true;
            return await StreamRelay.JoinAsync(client, upstream.Transport, (long)x.Loop.Parts.Limits.StreamIdle.TotalMilliseconds);
        }

        if (!unchunk && Http1Relay.TryPass(ref upstream.Body, upstream.Transport, client, limits, null) && upstream.Body.IsEnded)
        {
            return Fault.None; // the usual answer came in one read
        }

        return unchunk
            ? await Http1Relay.UnchunkAsync(upstream, client, limits)
            : await Http1Relay.ResponseAsync(upstream, client, limits);
    }

    /// <summary>The answer is out. What is left of the request's body goes nowhere, and the client learns so by our close.</summary>
    private static async LoopTask FinishBodyAsync(Exchange x, bool wholeRequest, LoopTask<Fault> body)
    {
        if (!wholeRequest)
        {
            x.ClosesClient = true;
            x.Client.Transport.Finish();
        }

        await StopBodyAsync(x, body);
    }

    private static async LoopTask StopBodyAsync(Exchange x, LoopTask<Fault> body)
    {
        if (!body.IsCompleted)
        {
            x.Client.Transport.SetReadDeadline(HttpSession.LingerMs);
        }

        await body;
    }
}
