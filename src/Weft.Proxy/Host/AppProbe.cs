using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State.Workloads;
using Weft.Transport;

namespace Weft.Proxy.Host;

/// <summary>Waits until the application's ports accept: an endpoint exists from then on. Control loop only.</summary>
/// <param name="find">What is known of a port: a Sidecar may say that the application serves it elsewhere.</param>
internal sealed class AppProbe(EventLoop loop, IAppConnector app, IReadOnlyList<int> ports, Func<int, InboundPortModel?> find)
{
    private const long ConnectTimeoutMs = 1_000;

    /// <summary>Between tries: short at first, since applications usually start within a second.</summary>
    private const long PauseFirstMs = 50;

    private const long PauseMaxMs = 1_000;

    public async LoopTask WaitAsync()
    {
        foreach (int port in ports)
        {
            long pause = PauseFirstMs;
            while (!await AcceptsAsync(port))
            {
                await loop.DelayAsync(pause);
                pause = Math.Min(pause * 2, PauseMaxMs);
            }
        }
    }

    private async LoopTask<bool> AcceptsAsync(int port)
    {
        InboundPortModel? known = find(port);
        Outcome<LoopConnection> dialed = known?.AppSocket is { } socket
            ? await Connector.ConnectAsync(loop, socket, ConnectTimeoutMs)
            : await app.ConnectAsync(loop, known?.AppPort ?? port, ConnectTimeoutMs);
        if (!dialed.TryGet(out LoopConnection? connection))
        {
            return false;
        }

        connection.Close();
        return true;
    }
}
