using System.Collections.Immutable;
using System.Net;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State.Workloads;
using Weft.Transport;

namespace Weft.Proxy.Gateway;

/// <summary>The open ports of a gateway: opened and closed as its workload says, each port with all listeners that share it. Any thread.</summary>
public sealed class GatewayListeners
{
    private readonly DataPath _path;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Bind, int Port), GatewayPort> _open = [];

    internal GatewayListeners(DataPath path) => _path = path;

    /// <summary>Where a written port is really opened ("80" → 8080, for who may not bind 80).</summary>
    public IReadOnlyDictionary<int, int> PortMap { get; set; } = new Dictionary<int, int>();

    /// <summary>Where a listener without an address of its own binds.</summary>
    public IPAddress Bind { get; set; } = IPAddress.Loopback;

    /// <summary>Called with a sentence when a port cannot be opened.</summary>
    public Action<string>? Failed { get; set; }

    /// <summary>Opens what is new, changes what stays and closes what is gone.</summary>
    public void Apply(WorkloadModel workload)
    {
        lock (_gate)
        {
            // Ports that are mapped to one are one: a gateway of each dialect may be written for 80 and 8080 and be served side by side.
            var wanted = workload.Listeners.GroupBy(l => (l.Bind, Port: PortMap.GetValueOrDefault(l.Port, l.Port))).ToDictionary(g => g.Key, g => g.ToImmutableArray());
            foreach (var (key, port) in _open.ToArray())
            {
                if (!wanted.ContainsKey(key))
                {
                    _path.Listeners.Close(NameOf(key.Bind, key.Port)); // the same port may be opened again at once, by a Gateway of the other dialect
                    port.Listeners = PortListeners.None; // connections that are still open learn it with their next request
                    _open.Remove(key);
                }
            }

            foreach (var (key, listeners) in wanted)
            {
                if (_open.TryGetValue(key, out GatewayPort? port))
                {
                    port.Listeners = new PortListeners(listeners);
                }
                else if (TryOpen(key.Bind, key.Port, listeners) is { } opened)
                {
                    _open.Add(key, opened);
                }
            }
        }
    }

    private string NameOf(string bind, int port) => $"gateway {(bind.Length > 0 ? bind : Bind.ToString())}:{port}";

    private GatewayPort? TryOpen(string bind, int port, ImmutableArray<GatewayListenerModel> listeners)
    {
        IPAddress address = bind.Length > 0 && IPAddress.TryParse(bind, out IPAddress? written) ? written : Bind;
        try
        {
            var state = new GatewayPort(port) { Listeners = new PortListeners(listeners) };
            _path.Listeners.Listen(
                NameOf(bind, port),
                () => Sockets.Listen(SocketTarget.Ip(address, port)),
                fd => _path.Listen(fd, (l, c) => GatewayConnection.RunAsync(l, c, state), "gateway"));
            return state;
        }
        catch (IOException e)
        {
            Failed?.Invoke($"Gateway port {port}: {e.Message}");
            return null;
        }
    }
}

/// <summary>One open port and who listens there now.</summary>
internal sealed class GatewayPort(int port)
{
    private volatile PortListeners _listeners = PortListeners.None;

    internal int Port { get; } = port;

    internal PortListeners Listeners
    {
        get => _listeners;
        set => _listeners = value;
    }
}
