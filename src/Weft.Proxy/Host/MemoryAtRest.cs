using Weft.Proxy.Forwarding;
using Weft.Transport;

namespace Weft.Proxy.Host;

/// <summary>
/// Gives back what starting, or a burst of work, took: it would else stay for the life of an idle proxy. Each time the proxy comes to rest, and while it rests
/// when its own reports have left as much garbage as is worth a collection: the collector itself would wait for many times that. On the loop.
/// </summary>
/// <param name="loop">Where it runs.</param>
/// <param name="path">Whose loops' free memory goes back as well.</param>
/// <param name="activity">Equal to before: nothing has happened.</param>
/// <param name="trim">Lets go of room that tables have beyond what they hold. Called on the loop.</param>
internal sealed class MemoryAtRest(EventLoop loop, DataPath path, Func<ulong> activity, Action trim)
{
    /// <summary>As long as the loop runs.</summary>
    public async LoopTask KeepAsync()
    {
        await loop.DelayAsync(HostTimes.AtRestMs);
        Release();
        ulong released = activity();
        ulong last = released;
        long allocated = GC.GetTotalAllocatedBytes();
        while (true)
        {
            await loop.DelayAsync(HostTimes.RestLookMs);
            ulong now = activity();
            if (now == last && (now != released || GC.GetTotalAllocatedBytes() - allocated > HostTimes.GarbageAtRestMax))
            {
                Release();
                released = now;
                allocated = GC.GetTotalAllocatedBytes();
            }

            last = now;
        }
    }

    private void Release()
    {
        trim();
        loop.ReleaseFreeMemory();
        foreach (ProxyLoop data in path.Loops)
        {
            data.Loop.ReleaseFreeMemory();
        }

        StartupMemory.Release();
    }
}
