using System.Net;
using System.Text;
using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Dialects.Istio;

/// <summary>One ingress listener of a Sidecar: a port of the workload, and where the application really serves it. Immutable.</summary>
public sealed class IngressListener
{
    // sun_path (unix(7)); the last byte is a zero.
    private const int SocketPathBytesMax = 107;
    private const string UnixScheme = "unix://";

    private readonly Resource _owner;
    private readonly Field _listener;
    private readonly int _index;

    private IngressListener(Resource owner, Field listener, int index, AppProtocol protocol)
    {
        _owner = owner;
        _listener = listener;
        _index = index;
        Protocol = protocol;
    }

    public uint Port => _listener["port"]["number"].Number ?? 0;

    public string Name => _listener["port"]["name"].Text;

    public AppProtocol Protocol { get; }

    /// <summary>Of a Sidecar; listeners without a port, or of a protocol that is not carried, are left out.</summary>
    public static IEnumerable<IngressListener> Of(Resource? sidecar)
    {
        int index = 0;
        foreach (Field listener in new Field(sidecar?.Spec)["ingress"].Items)
        {
            Field port = listener["port"];
            AppProtocol? protocol = PortProtocol.Parse(port["protocol"].Text, out bool known);
            if (!known)
            {
                protocol = PortProtocol.Select(port["number"].Number ?? 0, port["name"].Text, "", "");
            }
            if (protocol is { } carried && port["number"].Number is > 0 and <= ushort.MaxValue)
            {
                yield return new IngressListener(sidecar!, listener, index, carried); // a null one has no items
            }
            index++;
        }
    }

    /// <summary>Writes where the application is, its pool and TLS for callers from outside the mesh. Without a word about the pool the port's stays.</summary>
    /// <param name="ns">Of the workload.</param>
    public void Write(InboundPort port, string ns)
    {
        port.ListenerOrigin = HttpRoutes.OriginOf(_owner, $"ingress[{_index}]");
        if (TryReadEndpoint(_listener["defaultEndpoint"].Text, out uint number, out string socket))
        {
            port.AppPort = number == port.Port ? 0 : number;
            port.AppSocket = socket;
        }
        if (_listener["tls"].Exists && port.Mtls != InboundPort.Types.Mtls.Strict)
        {
            port.Tls = ServerTlsReader.Read(_listener["tls"], ns);
        }
        port.Pool = Pool(_listener["connectionPool"]) ?? Pool(new Field(_owner.Spec)["inboundConnectionPool"]) ?? port.Pool;
    }

    /// <summary>
    /// "127.0.0.1:PORT", "[::1]:PORT", "0.0.0.0:PORT", "[::]:PORT" (an application in a pod has one loopback, and is reached by it), or
    /// "unix:///path" and "unix://@name". Nothing written is the same port.
    /// </summary>
    public static bool TryReadEndpoint(string text, out uint port, out string socket)
    {
        port = 0;
        socket = "";
        if (text.StartsWith(UnixScheme, StringComparison.Ordinal))
        {
            socket = text[UnixScheme.Length..];
            return socket is ['/' or '@', _, ..] && Encoding.UTF8.GetByteCount(socket) <= SocketPathBytesMax;
        }
        if (text.Length == 0)
        {
            return true;
        }
        bool good = IPEndPoint.TryParse(text, out IPEndPoint? address) && address.Port > 0
            && (IPAddress.IsLoopback(address.Address) || address.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any));
        port = good ? (uint)address!.Port : 0;
        return good;
    }

    /// <summary>Null: nothing is said.</summary>
    public static AppPool? PoolOf(Resource? sidecar) => Pool(new Field(sidecar?.Spec)["inboundConnectionPool"]);

    /// <summary>What a service's rule says of connections, as far as it is the server's: how the application is spoken to is not.</summary>
    internal static AppPool? PoolOf(TrafficPolicy policy)
    {
        AppPool? pool = Pool(policy.ConnectionPool);
        pool?.H2Upgrade = false;
        return pool;
    }

    private static AppPool? Pool(Field pool)
    {
        if (!pool.Exists)
        {
            return null;
        }
        Cluster read = new();
        TrafficPolicyWriter.Pool(read, pool);
        return new AppPool
        {
            Limits = read.Limits, ConnectTimeout = read.ConnectTimeout, IdleTimeout = read.IdleTimeout,
            MaxRequestsPerConnection = read.MaxRequestsPerConnection, H2Upgrade = read.H2Upgrade,
        };
    }
}
