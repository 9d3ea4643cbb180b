using System.Net;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Pod;
using Weft.Telemetry.Logging;

namespace Weft.Proxy.Host;

/// <summary>How this proxy reaches its application, and what was opened inside the pod for it: by the pod's agent, or in the own network namespace.</summary>
internal sealed record PodLink(IAppConnector App, PodListeners? Listeners, PodChannel? Channel)
{
    /// <summary>Blocks until the agent has answered. Main thread.</summary>
    /// <exception cref="IOException">The agent does not answer.</exception>
    public static PodLink Open(Bootstrap bootstrap, EventLog log)
    {
        IPAddress address = IPAddress.Parse(bootstrap.AppAddress);
        if (bootstrap.PodFd < 0)
        {
            return new PodLink(new LoopbackApp(address, bootstrap.ExplicitInbound), null, null);
        }

        (PodChannel channel, PodListeners listeners) = PodChannel.Open(bootstrap.PodFd);
        channel.Refused = text => log.Write(HostLog.PodRefused, text);
        return new PodLink(new PodApp(channel, address), listeners, channel);
    }
}
