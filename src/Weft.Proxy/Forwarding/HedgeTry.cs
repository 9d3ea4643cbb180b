using System.Diagnostics;
using Weft.Balancing;
using Weft.Http;
using Weft.Policy.Retries;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>
/// One of the tries that race for a request's answer. Its stream is its own until the head of an answer or a fault has come, then the race's. A try that is let go
/// before that ends by itself, and touches neither race nor exchange any more. Pooled; its loop only.
/// </summary>
internal sealed class HedgeTry(ProxyLoop loop)
{
    private HedgeRace? _race;
    private ClusterState? _cluster;
    private UpstreamChoice? _choice;

    internal UpstreamChoice Choice => _choice ?? throw new InvalidOperationException("The try has not begun.");

    /// <summary>Null while it has no connection, and when it got none.</summary>
    internal HttpClientStream? Upstream { get; private set; }

    /// <summary>Made beside another one.</summary>
    internal bool IsHedge { get; private set; }

    /// <summary>The head of an answer has come, or <see cref="Fault"/>.</summary>
    internal bool IsOver { get; private set; }

    internal Fault Fault { get; private set; }

    internal long StartTicks { get; private set; }

    /// <summary>When its stream was there.</summary>
    internal long SentTicks { get; private set; }

    internal long OverTicks { get; private set; }

    /// <summary>Of the cookie that would stick to this try's endpoint.</summary>
    internal ulong CookieValue { get; private set; }

    internal AttemptResult Result => new(Fault, 0, -1, Upstream is not null, Upstream is { IsReused: true }, Upstream is { IsUnprocessed: true });

    internal void Begin(HedgeRace race, ClusterState cluster, UpstreamChoice choice, bool isHedge, ulong cookieValue)
    {
        _race = race;
        _cluster = cluster;
        _choice = choice;
        Upstream = null;
        IsHedge = isHedge;
        IsOver = false;
        Fault = Fault.None;
        StartTicks = loop.Loop.NowTicks;
        SentTicks = OverTicks = 0;
        CookieValue = cookieValue;
        if (choice.Endpoint is { } endpoint)
        {
            cluster.Balancer.Started(endpoint.Balanced);
        }
    }

    internal async LoopTask RunAsync(Exchange x, RetryModel retries)
    {
        Fault fault = Fault.Internal; // unless it comes to its end
        try
        {
            fault = await SendAsync(x, retries);
        }
        finally
        {
            OverTicks = loop.Loop.NowTicks;
            Fault = fault;
            IsOver = true;
            if (_race is { } race)
            {
                race.Tell();
            }
            else
            {
                Release();
            }
        }
    }

    /// <summary>Another one was better, or nobody waits any more: its server is told so by a reset.</summary>
    internal void LetGo()
    {
        _race = null;
        Report();
        if (IsOver)
        {
            Release();
        }
        else
        {
            Upstream?.Abort(); // what waits for its answer releases it
        }
    }

    /// <summary>Its stream goes over to the caller.</summary>
    internal HttpClientStream Win()
    {
        HttpClientStream upstream = Upstream ?? throw new InvalidOperationException("A try without a stream cannot win.");
        Upstream = null;
        _race = null;
        return upstream;
    }

    /// <summary>Nobody looks at it any more.</summary>
    internal void Release()
    {
        Upstream?.Release(reusable: false);
        Upstream = null;
        _choice = null;
        _cluster = null;
        loop.Hedges.Return(this);
    }

    /// <remarks>(1) a stream (2) head and content up (3) wait for the head down: interim heads of several tries would contradict each other, and are passed over</remarks>
    private async LoopTask<Fault> SendAsync(Exchange x, RetryModel retries)
    {
        HttpClientStream? upstream = UpstreamDialer.TryTake(loop, Choice);                                  // (1)
        if (upstream is null)
        {
            Outcome<HttpClientStream> opened = await OpenAsync(x);
            if (!opened.TryGet(out upstream))
            {
                return opened.Fault;
            }
        }

        Upstream = upstream;
        if (_race is null)
        {
            return Fault.ClientClosed; // let go while it dialled
        }

        if (x.IsPending && _cluster is { } cluster)
        {
            ConnectionTurn.Connected(x, cluster.Load);
        }

        SentTicks = loop.Loop.NowTicks;
        RequestWriter.Write(x, Choice, upstream);                                                           // (2)
        Attempt.SendReplay(x, upstream);
        upstream.SetReadDeadline(Attempt.ReadTime(x, retries));
        Fault fault;
        while ((fault = await upstream.ReadHeadAsync()) == Fault.None && upstream.Response.IsInterim)       // (3)
        {
            upstream.TakeHead();
        }

        return fault;
    }

    /// <summary>As single tries do, but that nobody waits: a first try that finds too many waiting fails, a further one has its place.</summary>
    private LoopTask<Outcome<HttpClientStream>> OpenAsync(Exchange x)
    {
        if (_cluster is not { Load: { LimitsConnections: true } load })
        {
            return UpstreamDialer.OpenAsync(loop, Choice);
        }

        bool mayOpen = IsHedge || x.IsPending || (x.IsPending = load.Connections.TryPend());
        return mayOpen ? UpstreamDialer.OpenAsync(loop, Choice, load) : new LoopTask<Outcome<HttpClientStream>>(Fault.UpstreamOverflow);
    }

    private void Report()
    {
        if (!IsOver)
        {
            loop.Telemetry.Counters.Count(LoopCounter.TriesLetGo);
        }

        if (_cluster is not { } cluster || Choice.Endpoint is not { } endpoint)
        {
            return;
        }

        TimeSpan took = Stopwatch.GetElapsedTime(StartTicks, IsOver ? OverTicks : loop.Loop.NowTicks);
        if (IsOver)
        {
            int status = Fault == Fault.None && Upstream is { } answered ? answered.Response.Status : 0;
            cluster.Balancer.Ended(endpoint.Balanced, new AttemptReport(status, Fault, took), loop.Now);
        }
        else
        {
            cluster.Balancer.LetGo(endpoint.Balanced, took, loop.Now);
        }
    }
}
