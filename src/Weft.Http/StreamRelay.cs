using Weft.Primitives;
using Weft.Transport;

namespace Weft.Http;

/// <summary>Two streams joined: an opaque connection, or what a request was upgraded to. Each direction ends on its own.</summary>
public static class StreamRelay
{
    /// <summary>Runs until both directions are over, and closes both connections.</summary>
    /// <returns>None when both sides ended cleanly.</returns>
    public static async LoopTask<Fault> JoinAsync(LoopConnection client, LoopConnection upstream, long idleMs)
    {
        LoopTask<IoStatus> up = PumpAsync(client, upstream, idleMs);
        IoStatus down = await PumpAsync(upstream, client, idleMs);
        if (down is not (IoStatus.Ok or IoStatus.End))
        {
            // A reset is passed on as one, so that nobody takes a part for the whole.
            client.Abort();
            upstream.Abort();
        }

        IoStatus upEnd = await up;
        client.Close();
        upstream.Close();
        return down is not (IoStatus.Ok or IoStatus.End) ? down.AsUpstreamFault() : upEnd is IoStatus.End or IoStatus.Ok ? Fault.None : upEnd.AsClientFault();
    }

    private static async LoopTask<IoStatus> PumpAsync(LoopConnection from, LoopConnection to, long idleMs)
    {
        while (true)
        {
            if (!from.Input.IsEmpty)
            {
                from.PassTo(to);
                IoStatus flushed = await to.FlushAsync();
                if (flushed != IoStatus.Ok)
                {
                    from.Abort();
                    return flushed;
                }
            }

            from.SetReadDeadline(idleMs);
            IoStatus status = await from.ReadAsync();
            if (status == IoStatus.Ok)
            {
                continue;
            }

            if (status == IoStatus.TimedOut && to.LastReceivedMs + idleMs > from.Loop.NowMs)
            {
                continue; // the other direction is busy
            }

            if (status == IoStatus.End)
            {
                to.Finish();
                await to.DrainAsync();
            }
            else
            {
                to.Abort();
            }

            return status;
        }
    }
}
