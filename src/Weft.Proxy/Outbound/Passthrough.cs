using System.Net;
using Weft.Http;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Outbound;

/// <summary>Traffic to addresses that nobody registered, where the mesh allows it. On the loop.</summary>
internal static class Passthrough
{
    /// <summary>Istio's name of it in metrics.</summary>
    internal const string ClusterName = "PassthroughCluster";

    internal static Fault Check(ProxyLoop loop, IPEndPoint? original)
    {
        if (original is null)
        {
            return Fault.UnknownFrontend;
        }

        if (loop.Parts.Mesh.Workload is { AllowsAnyOutbound: false })
        {
            return Fault.Blackholed;
        }

        return loop.Parts.Guard.Allows(original.Address, original.Port) ? Fault.None : Fault.ForbiddenDestination;
    }

    internal static UpstreamChoice To(ProxyLoop loop, IPEndPoint original)
    {
        SocketTarget target = SocketTarget.Ip(original);
        return new UpstreamChoice
        {
            Key = new ConnectionKey(target, null, null, null),
            Edge = EdgeOf(loop, ClusterName, original.Port),
            Text = target.ToString(),
            ConnectMs = (long)ClusterConfig.ConnectTimeoutDefault.TotalMilliseconds,
            IdleMs = (long)ClusterConfig.IdleTimeoutDefault.TotalMilliseconds,
        };
    }

    internal static Edge EdgeOf(ProxyLoop loop, string cluster, int port) => loop.Parts.Mesh.Edges.Intern(new EdgeKey(
        Outbound: true, loop.Parts.Mesh.Workload?.Self ?? Party.Unknown, Party.Unknown, cluster, cluster, "unknown", port, MutualTls: false));
}
