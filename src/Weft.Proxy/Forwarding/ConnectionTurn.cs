using Weft.Http;
using Weft.Policy.Limits;
using Weft.Primitives;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>
/// Limits on connections and on requests without one. Where a connection carries one request at a time each request takes a place
/// before its endpoint is chosen, also when a peer carries it on a connection that many share; where requests share connections to the
/// server itself (HTTP/2, gRPC) each connection takes one, beyond the first of a loop to an endpoint. On the loop, and only where there are limits.
/// </summary>
internal static class ConnectionTurn
{
    /// <summary>None: go on. Its end is <see cref="Leave"/>.</summary>
    internal static async LoopTask<Fault> TakeAsync(Exchange x, ClusterLoadState load, long connectMs)
    {
        ConnectionQueue queue = load.Connections;
        TurnWaiter waiter = x.Turn ??= new TurnWaiter(x.Loop.Loop);
        switch (queue.Enter(waiter))
        {
            case TurnOutcome.Taken:
                x.HoldsTurn = true;
                return Fault.None;
            case TurnOutcome.Overflow:
                return Fault.UpstreamOverflow;
        }

        x.IsPending = true;
        x.HoldsTurn = await WatchedAsync(x, waiter.WaitAsync(queue, Patience(x, connectMs)));
        return x.HoldsTurn ? Fault.None : Tired(x);
    }

    /// <summary>A connection that is not open yet, or room on one.</summary>
    internal static async LoopTask<Outcome<HttpClientStream>> OpenAsync(Exchange x, UpstreamChoice choice, ClusterLoadState load)
    {
        if (!x.IsPending && !(x.IsPending = load.Connections.TryPend()))
        {
            return Fault.UpstreamOverflow;
        }

        while (true)
        {
            Outcome<HttpClientStream> opened = await UpstreamDialer.OpenAsync(x.Loop, choice, load);
            if (opened.Fault != Fault.UpstreamOverflow || !choice.IsHttp2)
            {
                return opened;
            }

            TurnWaiter waiter = x.Turn ??= new TurnWaiter(x.Loop.Loop);
            if (!await WatchedAsync(x, waiter.WaitAsync(x.Loop.Http2Pool, choice.Key, Patience(x, choice.ConnectMs))))
            {
                return Tired(x);
            }
        }
    }

    internal static void Connected(Exchange x, ClusterLoadState load)
    {
        x.IsPending = false;
        load.Connections.EndPending();
    }

    /// <summary>Gives back whatever the attempt took.</summary>
    internal static void Leave(Exchange x, ClusterLoadState load)
    {
        if (x.IsPending)
        {
            Connected(x, load);
        }

        if (x.HoldsTurn)
        {
            x.HoldsTurn = false;
            load.Connections.Exit();
        }
    }

    private static async LoopTask<bool> WatchedAsync(Exchange x, LoopTask<bool> wait)
    {
        x.WatchClient(x.Client.IsEnded || x.Client.IsShared); // else the reader of its content will see it
        bool hasTurn = await wait;
        x.WatchClient(false);
        return hasTurn;
    }

    /// <summary>Until the request's own time is over; a request without one waits as long as a connection may take to be made.</summary>
    private static long Patience(Exchange x, long connectMs) =>
        x.DueMs == 0 ? connectMs : Math.Max(1, x.DueMs - x.Loop.Loop.NowMs);

    private static Fault Tired(Exchange x) =>
        x.IsClientGone ? Fault.ClientClosed : x.DueMs != 0 ? Fault.UpstreamTimedOut : Fault.UpstreamOverflow;
}
