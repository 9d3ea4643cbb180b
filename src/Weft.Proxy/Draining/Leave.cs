using Weft.Proxy.Forwarding;
using Weft.Transport;

namespace Weft.Proxy.Draining;

/// <summary>Takes leave of clients and waits until they have what they asked for.</summary>
internal static class Leave
{
    private const long LookEveryMs = 50;

    /// <summary>Tells them (RFC 9112 §9.6, RFC 9113 §6.8), then waits as the scope asks. False: the time passed first, and something is still under way.</summary>
    /// <param name="on">Whose loop waits.</param>
    /// <param name="path">Whose clients they are.</param>
    /// <param name="scope">With <see cref="DrainScope.Inbound"/> idle connections of callers are not waited for; with <see cref="DrainScope.All"/> every connection is.</param>
    /// <param name="most">How long it may take.</param>
    internal static async LoopTask<bool> TakeAsync(EventLoop on, DataPath path, DrainScope scope, TimeSpan most)
    {
        long until = on.NowMs + (long)most.TotalMilliseconds;
        path.BeginDrain(scope);
        int[] seen = [.. path.Loops.Select(l => l.Clients.Last.Number)];
        while (true)
        {
            foreach (ProxyLoop loop in path.Loops)
            {
                loop.Clients.Look();
            }

            await on.DelayAsync(LookEveryMs);
            if (path.Loops.Select((l, i) => IsDone(l.Clients.Last, seen[i], scope)).All(static done => done))
            {
                return true;
            }

            if (on.NowMs >= until)
            {
                return false;
            }
        }
    }

    private static bool IsDone(DrainLook last, int seen, DrainScope scope) =>
        last.Number > seen && (scope == DrainScope.All ? last.Open : last.InboundBusy) == 0;
}
