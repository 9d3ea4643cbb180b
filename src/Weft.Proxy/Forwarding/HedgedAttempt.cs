using Weft.Http;
using Weft.Policy.Retries;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using Weft.Wire.Http1;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Proxy.Forwarding;

/// <summary>
/// One round of a request that may be made twice: when its answer does not begin in time, another endpoint is asked as well, and whoever answers first is
/// taken. On the loop.
/// </summary>
internal static class HedgedAttempt
{
    /// <summary>
    /// What may be made twice (RFC 9110 §9.2.2), can be sent twice, and is not bound to one endpoint. Where requests share a limited number of connections one waits
    /// for room on them, and would wait beside itself.
    /// </summary>
    internal static bool Suits(Exchange x, ClusterState cluster)
    {
        if (cluster is { Model.Config.SharesConnections: true, Load.LimitsConnections: true })
        {
            return false;
        }

        RequestHead request = x.Client.Request;
        return HttpMethods.IsIdempotent(request.MethodKind)
            && request is { Upgrade: UpgradeKind.None, MethodKind: not HttpMethod.Connect }
            && x.Decision.Route?.Forward?.Session is null
            && (x.Client.IsEnded ? x.Replay.IsWhole : request.ContentLength >= 0 && request.ContentLength <= x.Loop.Parts.Limits.ReplayBytesMax);
    }

    /// <remarks>(1) the content, whole (2) the first try (3) a good answer, or time for another try (4) all others are let go (5) the answer down</remarks>
    internal static async LoopTask<AttemptResult> RunAsync(Exchange x, UpstreamChoice first, ForwardPlan plan, HedgingModel hedging)
    {
        Fault unread = await ReadContentAsync(x);                                                           // (1)
        if (unread != Fault.None || plan.Cluster is not { } cluster)
        {
            return new AttemptResult(unread, 0, -1, false, false);
        }

        HedgeRace race = x.Loop.Hedges.RentRace(x.Loop);
        x.Race = race;
        x.WatchClient(true);
        race.Begin(x, cluster, first, plan.Retries, hedging);                                               // (2)
        HedgeTry? winner;
        while ((winner = race.Winner()) is null && race.IsOpen && !x.IsClientGone)                          // (3)
        {
            await race.News;
            race.Join(x);
        }

        x.Race = null;
        AttemptResult last = race.End(winner);                                                              // (4)
        if (winner is null)
        {
            x.WatchClient(false);
            return last;
        }

        return await AnswerAsync(x, winner, plan);                                                          // (5)
    }

    private static async LoopTask<Fault> ReadContentAsync(Exchange x)
    {
        if (x.Client.IsEnded)
        {
            return Fault.None;
        }

        x.Client.SetReadDeadline((long)x.Loop.Parts.Limits.BodyStall.TotalMilliseconds);
        Fault fault = Fault.None;
        while (fault == Fault.None && !TakeContent(x))
        {
            fault = await x.Client.ReadAsync();
        }

        x.Client.SetReadDeadline(0);
        if (fault == Fault.None)
        {
            x.Mirrored?.End(x.Client);
        }

        return fault;
    }

    /// <summary>True: that was the rest.</summary>
    private static bool TakeContent(Exchange x)
    {
        ReadOnlySpan<byte> content = x.Client.Content;
        while (!content.IsEmpty)
        {
            x.ContentTee.Take(content);
            x.Client.Consume(content.Length);
            content = x.Client.Content;
        }

        return x.Client.IsEnded;
    }

    private static async LoopTask<AttemptResult> AnswerAsync(Exchange x, HedgeTry winner, ForwardPlan plan)
    {
        UpstreamChoice choice = winner.Choice;
        long start = winner.StartTicks;
        HttpClientStream upstream = winner.Win();
        x.Upstream = upstream;
        x.UpstreamText = choice.Text;
        x.Edge = choice.Edge;
        x.UpstreamStartTicks = winner.SentTicks;
        x.UpstreamFirstTicks = winner.OverTicks;
        x.CookieValue = winner.CookieValue;
        if (winner.IsHedge)
        {
            x.Loop.Telemetry.Counters.Count(LoopCounter.HedgesWon);
        }

        winner.Release();
        AttemptResult result;
        if (Attempt.IsRetried(x, upstream, plan))
        {
            result = await Attempt.GiveUpAsync(x, upstream, Fault.None, hasBody: false, default);
        }
        else
        {
            Fault fault = await Attempt.AnswerAsync(x, upstream);
            result = await Attempt.SettleAsync(x, upstream, choice, fault, hasBody: false, default);
        }

        Forwarder.Report(x, plan.Cluster, choice, result, start);
        return result;
    }
}
