using System.Net;
using System.Net.Sockets;
using Weft.Transport;

namespace Weft.Proxy.Observe;

/// <summary>The host's own name resolution for the control loop: the C library's resolver blocks, so it runs in the thread pool.</summary>
internal static class HostNames
{
    /// <summary>IPv4 first. Null: it does not resolve.</summary>
    public static async LoopTask<IPAddress?> ResolveFirstAsync(EventLoop loop, string host)
    {
        IPAddress[] all = await ResolveAsync(loop, host);
        return Array.Find(all, a => a.AddressFamily == AddressFamily.InterNetwork) ?? all.FirstOrDefault();
    }

    /// <summary>Empty: it does not resolve.</summary>
    public static async LoopTask<IPAddress[]> ResolveAsync(EventLoop loop, string host)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? literal))
        {
            return [literal];
        }

        var done = new LoopSignal(loop);
        Task<IPAddress[]> resolving = System.Net.Dns.GetHostAddressesAsync(host);
        _ = resolving.ContinueWith(static (_, signal) => ((LoopSignal)signal!).SetFromOutside(), done, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await done;
        return resolving.IsCompletedSuccessfully ? resolving.Result : Observed(resolving);
    }

    private static IPAddress[] Observed(Task failed)
    {
        _ = failed.Exception;
        return [];
    }
}
