using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Routing;
using Weft.Proxy.State.Cells;

namespace Weft.Proxy.State.Workloads;

/// <summary>One port of a gateway. Immutable.</summary>
public sealed class GatewayListenerModel
{
    internal GatewayListenerModel(GatewayListener listener, ResourceCells cells)
    {
        Name = listener.Name;
        Bind = listener.Bind;
        Port = (int)listener.Port;
        Protocol = listener.Protocol;
        Hosts = [.. listener.Hosts.Select(h => h.ToLowerInvariant())];
        Credentials = listener.Tls is { } tls ? [.. tls.Credentials.Select(cells.Credential)] : [];
        Trust = listener.Tls is { TrustCredential.Length: > 0 } trusting ? cells.Credential(trusting.TrustCredential) : null;
        SubjectAltNames = listener.Tls is { } names ? [.. names.SubjectAltNames] : [];
        Handshake = new ServerHandshake(listener.Tls ?? new ServerTls());
        AcceptsProxyProtocol = listener.ProxyProtocol;
        RedirectsToHttps = listener.Tls?.HttpsRedirect ?? false;
        Routes = listener.RouteSet.Length > 0 ? cells.Routes(listener.RouteSet) : null;
        TcpRoutes = listener.TcpRouteSet.Length > 0 ? cells.TcpRoutes(listener.TcpRouteSet) : null;
        Origin = new OriginModel(listener.Origin);
    }

    public string Name { get; }

    /// <summary>Empty: the gateway's default.</summary>
    public string Bind { get; }

    public int Port { get; }

    public AppProtocol Protocol { get; }

    /// <summary>SNI or Host names, exact, "*.suffix" or "*".</summary>
    public ImmutableArray<string> Hosts { get; }

    public ServerTls.Types.Mode TlsMode => Handshake.Mode;

    public ImmutableArray<ResourceCell<CredentialModel>> Credentials { get; }

    /// <summary>Whose authority client certificates must come from; null: the server's own credential's.</summary>
    public ResourceCell<CredentialModel>? Trust { get; }

    /// <summary>Names of which a client's certificate must carry one; empty: any.</summary>
    public ImmutableArray<string> SubjectAltNames { get; }

    /// <summary>How TLS is spoken there.</summary>
    public ServerHandshake Handshake { get; }

    /// <summary>Every connection begins with a PROXY header.</summary>
    public bool AcceptsProxyProtocol { get; }

    public bool RedirectsToHttps { get; }

    public ResourceCell<RouteTable>? Routes { get; }

    public ResourceCell<TcpRouteTable>? TcpRoutes { get; }

    public OriginModel Origin { get; }
}
