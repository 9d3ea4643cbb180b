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
            if (to.PlainOutput is { } plain && from.TryHandOver(plain))
            {
                to.Write(default, isLast);
            }
            else
            {
                to.Write(content, isLast);
                from.Consume(content.Length);
            }

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
        var up = new TunnelWay(client, upstream, idleMs, Fault.UpstreamReset);
        var down = new TunnelWay(upstream, client, idleMs, Fault.ClientClosed);
        LoopTask<Fault> rising = up.RunAsync(down);
        Fault downEnd = await down.RunAsync(up);
        Fault upEnd = await rising;
        return downEnd != Fault.None ? downEnd : upEnd;
    }
}

/// <summary>Sees content on its way through.</summary>
public interface IContentTee
{
    void Take(ReadOnlySpan<byte> bytes);
}
