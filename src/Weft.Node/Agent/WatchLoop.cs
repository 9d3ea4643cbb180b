using Weft.Node.Control;

namespace Weft.Node.Agent;

/// <summary>Follows the control plane for as long as an agent lives.</summary>
internal static class WatchLoop
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>Lists and watches again whenever that ends: the control plane restarts, and what the agent runs goes on meanwhile. Returns when told to stop.</summary>
    public static async Task RunAsync(Func<CancellationToken, Task> listAndWatch, CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                try { await listAndWatch(stop); }
                catch (Exception e) when (e is ControlPlaneUnreachableException or ControlPlaneRefusedException)
                {
                    await Task.Delay(RetryAfter, stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The usual end.
        }
    }
}
