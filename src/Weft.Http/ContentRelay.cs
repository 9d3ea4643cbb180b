using Weft.Primitives;
using Weft.Transport;

namespace Weft.Http;

/// <summary>Passes content from one stream to another: what was read in one turn leaves in one send, and a slow taker slows the giver.</summary>
public static class ContentRelay
{
    /// <param name="gone">What it means when the taker takes no more.</param>
    /// <param name="tee">Sees each piece before it is sent on, for replays; null: nobody does.</param>
    public static async LoopTask<Fault> PassAsync(HttpStream from, HttpStream to, Fault gone, IContentTee? tee = null)
    {
        while (!TryPass(from, to, tee))
        {
            if (!await to.FlushAsync())
            {
                return gone;
            }

            // On a shared connection content comes while nobody waits for it.
            Fault fault = from.Content.IsEmpty ? await from.ReadAsync() : Fault.None;
            if (fault != Fault.None)
            {
                return fault;
            }
        }

        return Fault.None;
    }

    /// <summary>Passes what is here already. True: that was all of it.</summary>
    public static bool TryPass(HttpStream from, HttpStream to, IContentTee? tee = null)
    {
        ReadOnlySpan<byte> content = from.Content;
        while (!content.IsEmpty)
        {
            tee?.Take(content);
            bool isLast = from.IsContentLast;
            to.Write(content, isLast);
            from.Consume(content.Length);
            if (isLast)
            {
                return true;
            }

            content = from.Content;
        }

        if (from.IsEnded)
        {
            to.End(from.Trailers);
            return true;
        }

        return false;
    }

    /// <summary>What a request was upgraded to: both directions until both are over, each ending on its own.</summary>
    public static async LoopTask<Fault> JoinAsync(HttpStream client, HttpStream upstream, long idleMs)
    {
        client.BecomeTunnel();
        upstream.BecomeTunnel();
        client.SetReadDeadline(idleMs);
        upstream.SetReadDeadline(idleMs);
        LoopTask<Fault> up = PumpAsync(client, upstream, idleMs, Fault.UpstreamReset);
        Fault down = await PumpAsync(upstream, client, idleMs, Fault.ClientClosed);
        Fault upEnd = await up;
        return down != Fault.None ? down : upEnd;
    }

    private static async LoopTask<Fault> PumpAsync(HttpStream from, HttpStream to, long idleMs, Fault gone)
    {
        while (!TryPass(from, to))
        {
            bool taken = await to.FlushAsync();
            from.SetReadDeadline(idleMs);
            long before = to.BytesReceived;
            Fault fault = !taken ? gone : from.Content.IsEmpty ? await from.ReadAsync() : Fault.None;
            bool isOtherBusy = fault is Fault.ClientTimedOut or Fault.UpstreamTimedOut && to.BytesReceived != before;
            if (fault != Fault.None && !isOtherBusy)
            {
                // A reset is passed on as one, so that nobody takes a part for the whole.
                from.Abort();
                to.Abort();
                return fault;
            }
        }

        return Fault.None;
    }
}

/// <summary>Sees content on its way through.</summary>
public interface IContentTee
{
    void Take(ReadOnlySpan<byte> bytes);
}
