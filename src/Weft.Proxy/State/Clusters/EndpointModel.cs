using System.Net;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Primitives;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using BalancedEndpoint = Weft.Balancing.EndpointModel;

namespace Weft.Proxy.State.Clusters;

/// <summary>Where one try can go: its socket address, who must answer there, and the counters of the edge to it. Immutable.</summary>
/// <remarks>Texts that only some requests need are made with the first of them.</remarks>
public sealed class EndpointModel
{
    /// <summary>Loops beyond this describe their ways anew each time: more are never started.</summary>
    private const int LoopsMax = 16;

    // One entry for each loop, read and written by that loop only.
    private readonly object?[] _ways;

    internal EndpointModel(BalancedEndpoint balanced, SocketTarget target, bool usesPeerProtocol, Edge edge, int loops)
    {
        _ways = new object?[Math.Min(loops, LoopsMax)];
        Balanced = balanced;
        TargetPort = balanced.TargetPort;
        Target = target;
        Identity = SpiffeId.TryParse(balanced.Identity, out SpiffeId? id) ? id : null;
        PeerProtocol = usesPeerProtocol ? balanced.PeerProtocol : "";
        Edge = edge;
        string text = target.ToString();
        Text = text == balanced.Display ? balanced.Display : text; // one text of both
    }

    /// <summary>What the balancer knows it by: give it to Started and Ended.</summary>
    public BalancedEndpoint Balanced { get; }

    public string Address => Balanced.Address;

    public int Port => Balanced.Port;

    /// <summary>The application's port behind a peer.</summary>
    public int TargetPort { get; private init; }

    public SocketTarget Target { get; private init; }

    /// <summary>The only identity accepted there; null: none is expected.</summary>
    public SpiffeId? Identity { get; }

    /// <summary>ALPN of a Weft peer; empty: plain, or TLS as the cluster says.</summary>
    public string PeerProtocol { get; }

    public bool IsPeer => PeerProtocol.Length > 0;

    public bool IsDraining => Balanced.Draining;

    public string Workload => Balanced.Workload;

    /// <summary>It drains since, or is gone: a connection to it carries no further request. Set by the control loop, once.</summary>
    public bool HasLeft { get; internal set; }

    /// <summary>Requests through this endpoint are counted here.</summary>
    public Edge Edge { get; }

    /// <summary>For logs.</summary>
    public string Text { get; }

    /// <summary>What a rewrite of the authority to the endpoint's makes of it.</summary>
    public Utf8Text Authority => field ??= new Utf8Text(Address.Contains(':', StringComparison.Ordinal) ? $"[{Address}]:{Port}" : Balanced.Display);

    /// <summary>The target port as text, for the streams of a peer.</summary>
    internal Utf8Text TargetPortUtf8 => field ??= new Utf8Text(TargetPort.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>SNI of an opaque connection to a peer: it names the target port.</summary>
    public string PeerServerName => field ??= $"p{TargetPort}.weft";

    /// <summary>The same place, its application's other port.</summary>
    internal EndpointModel AtPort(int port)
    {
        bool isIp = !IsPeer && IPAddress.TryParse(Address, out _);
        SocketTarget target = isIp ? SocketTarget.Ip(IPAddress.Parse(Address), port) : Target;
        return new EndpointModel(Balanced, target, IsPeer, Edge, _ways.Length)
        {
            TargetPort = port,
        };
    }

    /// <summary>How a loop last reached it; what that is only the data path knows.</summary>
    internal object? WayOf(int loop) => loop < _ways.Length ? _ways[loop] : null;

    internal void KeepWay(int loop, object way)
    {
        if (loop < _ways.Length)
        {
            _ways[loop] = way;
        }
    }

    /// <summary>Whether a socket can be opened to it; a name would have to be resolved first.</summary>
    internal static bool CanDial(Endpoint endpoint) =>
        endpoint.Address.StartsWith("unix:", StringComparison.Ordinal)
        || (IPAddress.TryParse(endpoint.Address, out _) && endpoint.Port is > 0 and <= IPEndPoint.MaxPort);

    internal static SocketTarget TargetOf(BalancedEndpoint endpoint, string ownHost)
    {
        // A peer on this host is reached by its unix socket: a send costs a quarter of TCP's.
        if (endpoint.UnixSocket.Length > 0 && endpoint.Host.Length > 0 && endpoint.Host == ownHost)
        {
            return SocketTarget.Unix(endpoint.UnixSocket);
        }

        return endpoint.Address.StartsWith("unix:", StringComparison.Ordinal)
            ? SocketTarget.Unix(endpoint.Address["unix:".Length..])
            : SocketTarget.Ip(IPAddress.Parse(endpoint.Address), endpoint.Port);
    }
}
