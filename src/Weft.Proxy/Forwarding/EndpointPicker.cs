using Weft.Http.Http1;
using Weft.Model.V1;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>From a cluster to one endpoint of it and the way to speak there. On the loop.</summary>
internal static class EndpointPicker
{
    internal static Fault Pick(ProxyLoop loop, ClusterState cluster, string alpn, out UpstreamChoice choice)
    {
        choice = default;
        ClusterModel model = cluster.Model;
        if (model.Endpoints.IsEmpty)
        {
            return Fault.NoEndpoints;
        }

        EndpointModel endpoint = model.Endpoints[loop.Random.Next(model.Endpoints.Length)];
        return Describe(loop, model, endpoint, alpn, out choice);
    }

    private static Fault Describe(ProxyLoop loop, ClusterModel model, EndpointModel endpoint, string alpn, out UpstreamChoice choice)
    {
        ClusterConfig config = model.Config;
        choice = new UpstreamChoice
        {
            Key = new Http1LaneKey(endpoint.Target, null, null, null),
            Edge = endpoint.Edge,
            Text = endpoint.Text,
            ConnectMs = (long)config.ConnectTimeout.TotalMilliseconds,
            IdleMs = (long)config.IdleTimeout.TotalMilliseconds,
            IsPeer = endpoint.IsPeer,
            Authority = endpoint.Authority,
            RequestsMax = config.RequestsPerConnectionMax,
        };
        if (endpoint.IsPeer)
        {
            if (loop.Parts.Tls.Current is not { } own)
            {
                return Fault.UpstreamHandshakeFailed; // no identity yet: a peer would refuse us
            }

            TlsContext context = alpn == MeshTls.TcpProtocol ? own.TcpClient : own.HttpClient;
            choice = choice with { Key = new Http1LaneKey(endpoint.Target, context, endpoint.Identity, endpoint.PeerServerName) };
            return Fault.None;
        }

        if (config.Tls.Mode is UpstreamTls.Types.Mode.MeshMutual)
        {
            return Fault.UpstreamHandshakeFailed; // the endpoint declares no peer protocol, and plain text is not asked for
        }

        return config.Tls.Mode is UpstreamTls.Types.Mode.Simple or UpstreamTls.Types.Mode.Mutual
            ? loop.Origins.Describe(config, endpoint, ref choice)
            : Fault.None;
    }
}
