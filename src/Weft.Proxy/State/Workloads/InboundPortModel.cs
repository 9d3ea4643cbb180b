using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Limits;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Transport;

namespace Weft.Proxy.State.Workloads;

/// <summary>One port of the application. Immutable.</summary>
public sealed class InboundPortModel
{
    internal InboundPortModel(InboundPort port, string workloadNamespace, ResourceCells cells, InboundPortModel? previous)
    {
        Port = (int)port.Port;
        Name = port.Name;
        Protocol = port.Protocol;
        Mtls = port.Mtls;
        MtlsOrigin = new OriginModel(port.MtlsOrigin);
        Service = port.Service;
        ServiceNamespace = workloadNamespace;
        AppPort = port.AppPort > 0 ? (int)port.AppPort : Port;
        AppSocket = port.AppSocket.Length > 0 ? SocketTarget.Unix(port.AppSocket) : null;
        AppProtocol = port.Pool is { H2Upgrade: true } && Protocol is Model.V1.AppProtocol.Http1 ? Model.V1.AppProtocol.Http2 : Protocol;
        ConnectTimeout = port.Pool?.ConnectTimeout?.ToTimeSpan() ?? ClusterConfig.ConnectTimeoutDefault;
        IdleTimeout = port.Pool?.IdleTimeout?.ToTimeSpan() ?? ClusterConfig.IdleTimeoutDefault;
        RequestsPerConnectionMax = (int)(port.Pool?.MaxRequestsPerConnection ?? 0);
        Load = port.Pool?.Limits is null ? null : previous?.Load ?? new ClusterLoadState(); // what is in use stays counted
        Load?.Configure(port.Pool!.Limits, null); // there is no load without limits
        Terminated = port.Tls is null ? null : new GatewayListenerModel(
            new GatewayListener { Name = port.Name, Port = port.Port, Protocol = IsHttp ? Model.V1.AppProtocol.Https : Model.V1.AppProtocol.Tls, Tls = port.Tls, Origin = port.ListenerOrigin }, cells);
    }

    public int Port { get; }

    public string Name { get; }

    public AppProtocol Protocol { get; }

    public InboundPort.Types.Mtls Mtls { get; }

    public OriginModel MtlsOrigin { get; }

    /// <summary>The service that names this port; may be empty.</summary>
    public string Service { get; }

    public string ServiceNamespace { get; }

    /// <summary>Where the application listens, unless it has a socket.</summary>
    public int AppPort { get; }

    public SocketTarget? AppSocket { get; }

    /// <summary>How the application is spoken to.</summary>
    public AppProtocol AppProtocol { get; }

    public TimeSpan ConnectTimeout { get; }

    public TimeSpan IdleTimeout { get; }

    /// <summary>0: no limit, 1: no keep-alive.</summary>
    public int RequestsPerConnectionMax { get; }

    /// <summary>Limits on what the application is given at once; null: none.</summary>
    public ClusterLoadState? Load { get; }

    /// <summary>TLS that ends here for callers from outside the mesh; null: none.</summary>
    public GatewayListenerModel? Terminated { get; }

    internal bool IsHttp => Protocol is Model.V1.AppProtocol.Http1 or Model.V1.AppProtocol.Http2 or Model.V1.AppProtocol.Grpc;
}
