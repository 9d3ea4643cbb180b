using Weft.Primitives;
using Weft.Transport;

namespace Weft.Http;

/// <summary>One of a tunnel's two ways: passes on what its giver sends until that ends. Its loop only.</summary>
/// <remarks>
/// An end is passed on as an end and a reset as a reset. A taker that is gone ends neither: what it said last may still be on the other way, so this one
/// goes on reading, for nobody, until the other has come to its end.
/// </remarks>
internal sealed class TunnelWay(HttpStream from, HttpStream to, long idleMs, Fault gone)
{
    /// <summary>How long we still read for nobody once nothing more goes the other way: closing before its end would reset what the giver has not read yet.</summary>
    internal const long LingerMs = 1_000;

    private bool _isOver;
    private bool _isDiscarding;

    internal async LoopTask<Fault> RunAsync(TunnelWay other)
    {
        from.SetReadDeadline(idleMs);
        while (!ContentRelay.TryPass(from, to))
        {
            if (!await to.FlushAsync())
            {
                return await DiscardAsync(other);
            }

            from.SetReadDeadline(idleMs);
            long before = to.BytesReceived;
            Fault fault = from.Content.IsEmpty ? await from.ReadAsync() : Fault.None;
            bool isOtherBusy = fault is Fault.ClientTimedOut or Fault.UpstreamTimedOut && to.BytesReceived != before;
            if (fault != Fault.None && !isOtherBusy)
            {
                // A reset is passed on as one, so that nobody takes a part for the whole.
                from.Abort();
                to.Abort();
                return fault;
            }
        }

        bool hasLeft = await to.DrainAsync(); // whoever closes next must not take the end of it away
        End(other);
        return hasLeft ? Fault.None : gone;
    }

    private async LoopTask<Fault> DiscardAsync(TunnelWay other)
    {
        _isDiscarding = true;
        End(other);
        while (!from.IsEnded)
        {
            from.Consume(from.Content.Length);
            if (!other._isOver)
            {
                from.SetReadDeadline(idleMs);
            }

            if (await from.ReadAsync() != Fault.None)
            {
                break;
            }
        }

        return gone;
    }

    private void End(TunnelWay other)
    {
        _isOver = true;
        if (other._isDiscarding)
        {
            to.SetReadDeadline(LingerMs);
        }

        if (_isDiscarding && other._isOver)
        {
            from.SetReadDeadline(LingerMs);
        }
    }
}
