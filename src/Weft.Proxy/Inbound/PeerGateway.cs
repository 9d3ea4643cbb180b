using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Gateway;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Inbound;

/// <summary>
/// Requests of one peer to a listener of a gateway: sidecars that leave the mesh through an egress gateway come this way. The
/// peer is proven already, so listeners without TLS and those of the mesh's own mutual TLS are one. Its loop only.
/// </summary>
internal sealed class PeerGateway : IHttpEntry
{
    private readonly ProxyLoop _loop;
    private readonly GatewayPort _port;
    private readonly GatewayHttp _http;
    private WorkloadModel? _workload;

    private PeerGateway(ProxyLoop loop, int port)
    {
        _loop = loop;
        _port = new GatewayPort(port);
        _http = new GatewayHttp(loop, _port, isSecure: false, serverName: null);
    }

    public Edge Unknown => _http.Unknown;

    /// <summary>Null: the workload is no gateway, or listens on no such port for requests.</summary>
    internal static PeerGateway? Find(ProxyLoop loop, int port) => Listeners(loop.Parts.Mesh.Workload, port).IsEmpty ? null : new PeerGateway(loop, port);

    public LoopTask HandleAsync(Exchange x)
    {
        if (!ReferenceEquals(_loop.Parts.Mesh.Workload, _workload))
        {
            _workload = _loop.Parts.Mesh.Workload;
            _port.Listeners = PortListeners.OfPeers(Listeners(_workload, _port.Port));
        }

        return _http.HandleAsync(x);
    }

    private static ImmutableArray<GatewayListenerModel> Listeners(WorkloadModel? workload, int port) => workload is null ? [] :
        [.. workload.Listeners.Where(l => l.Port == port && l.Routes is not null && l.TlsMode is ServerTls.Types.Mode.None or ServerTls.Types.Mode.MeshMutual)];
}
