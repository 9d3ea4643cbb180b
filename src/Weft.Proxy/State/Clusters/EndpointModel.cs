using System.Net;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Primitives;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.State.Clusters;

/// <summary>Where one try can go: its socket address, who must answer there, and the counters of the edge to it. Immutable.</summary>
public sealed class EndpointModel
{
    internal EndpointModel(Endpoint endpoint, SocketTarget target, SpiffeId? identity, bool usesPeerProtocol, Edge edge)
    {
        Address = endpoint.Address;
        Port = (int)endpoint.Port;
        TargetPort = (int)endpoint.TargetPort;
        Target = target;
        Identity = identity;
        PeerProtocol = usesPeerProtocol ? endpoint.PeerProtocol : "";
        Weight = Math.Max(1, endpoint.Weight);
        Locality = endpoint.Locality;
        IsDraining = endpoint.Draining;
        Workload = endpoint.Workload;
        Edge = edge;
        Text = target.ToString();
        Authority = new Utf8Text(endpoint.Address.Contains(':', StringComparison.Ordinal) ? $"[{endpoint.Address}]:{endpoint.Port}" : $"{endpoint.Address}:{endpoint.Port}");
        PeerServerName = $"p{endpoint.TargetPort}.weft";
    }

    public string Address { get; }

    public int Port { get; }

    /// <summary>The application's port behind a peer.</summary>
    public int TargetPort { get; }

    public SocketTarget Target { get; }

    /// <summary>The only identity accepted there; null: none is expected.</summary>
    public SpiffeId? Identity { get; }

    /// <summary>ALPN of a Weft peer; empty: plain, or TLS as the cluster says.</summary>
    public string PeerProtocol { get; }

    public bool IsPeer => PeerProtocol.Length > 0;

    public uint Weight { get; }

    public string Locality { get; }

    public bool IsDraining { get; }

    public string Workload { get; }

    /// <summary>Requests through this endpoint are counted here.</summary>
    public Edge Edge { get; }

    /// <summary>For logs.</summary>
    public string Text { get; }

    /// <summary>What a rewrite of the authority to the endpoint's makes of it.</summary>
    public Utf8Text Authority { get; }

    /// <summary>SNI of the peer leg: it names the target port.</summary>
    public string PeerServerName { get; }

    internal static bool TryTarget(Endpoint endpoint, string ownHost, out SocketTarget? target)
    {
        // A peer on this host is reached by its unix socket: a send costs a quarter of TCP's.
        if (endpoint.UnixSocket.Length > 0 && endpoint.Host.Length > 0 && endpoint.Host == ownHost)
        {
            target = SocketTarget.Unix(endpoint.UnixSocket);
            return true;
        }

        if (endpoint.Address.StartsWith("unix:", StringComparison.Ordinal))
        {
            target = SocketTarget.Unix(endpoint.Address["unix:".Length..]);
            return true;
        }

        bool isAddress = IPAddress.TryParse(endpoint.Address, out IPAddress? address) && endpoint.Port is > 0 and <= IPEndPoint.MaxPort;
        target = isAddress ? SocketTarget.Ip(address!, (int)endpoint.Port) : null;
        return isAddress;
    }
}
