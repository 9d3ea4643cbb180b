using System.Net;
using Weft.Primitives;
using Weft.Proxy.Pod;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>How the application beside the proxy is reached.</summary>
public interface IAppConnector
{
    /// <summary>Names the place in pools and logs.</summary>
    SocketTarget TargetOf(int port);

    LoopTask<Outcome<LoopConnection>> ConnectAsync(EventLoop loop, int port, long timeoutMs);
}

/// <summary>The application listens in our own network namespace.</summary>
/// <param name="ports">Where a declared port really listens (explicit mode); a port that is not named listens on itself.</param>
public sealed class LoopbackApp(IPAddress address, IReadOnlyDictionary<int, int> ports) : IAppConnector
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<int, SocketTarget> _targets = new();

    public SocketTarget TargetOf(int port) => _targets.GetOrAdd(port, p => SocketTarget.Ip(address, ports.GetValueOrDefault(p, p)));

    public LoopTask<Outcome<LoopConnection>> ConnectAsync(EventLoop loop, int port, long timeoutMs) => Connector.ConnectAsync(loop, TargetOf(port), timeoutMs);
}

/// <summary>The application listens on the loopback of a pod: a socket belongs to the namespace it was made in, so the pod's agent makes them.</summary>
public sealed class PodApp(PodChannel channel, IPAddress address) : IAppConnector
{
    /// <summary>A burst may empty the stock; more refills than this mean that the agent is stuck.</summary>
    private const int RefillsMax = 3;

    private readonly System.Collections.Concurrent.ConcurrentDictionary<int, SocketTarget> _targets = new();

    public SocketTarget TargetOf(int port) => _targets.GetOrAdd(port, p => SocketTarget.Ip(address, p));

    public async LoopTask<Outcome<LoopConnection>> ConnectAsync(EventLoop loop, int port, long timeoutMs)
    {
        for (int i = 0; i <= RefillsMax; i++)
        {
            if (channel.TryTake(out int fd))
            {
                return await Connector.ConnectAsync(loop, TargetOf(port), timeoutMs, fd);
            }

            var refilled = new LoopSignal(loop);
            channel.WhenRefilled(refilled.SetFromOutside);
            await refilled;
        }

        return Fault.OutOfDescriptors;
    }
}
