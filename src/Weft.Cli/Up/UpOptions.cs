using Weft.Node.Applications;
using Weft.Node.Control;
using Weft.Node.Pods;
using Weft.Primitives;
using Weft.Resources;

namespace Weft.Cli.Up;

/// <summary>What `weft up` was asked for, read and checked: nothing has been started yet.</summary>
internal sealed record UpOptions
{
    public required ApplicationFile Application { get; init; }

    /// <summary>From the files under apply:.</summary>
    public required IReadOnlyList<Resource> Resources { get; init; }

    public IReadOnlyList<PublishedPort> Published { get; init; } = [];

    /// <summary>The control plane that is started, unless <see cref="RemoteControl"/>.</summary>
    public ControlOptions Control { get; init; } = new(new WeftHome(), "127.0.0.1:15010", "127.0.0.1:15012");

    /// <summary>Where the gateway listens; loopback, since nothing there asks who calls.</summary>
    public string GatewayBind { get; init; } = "127.0.0.1";

    public PodMode Mode { get; init; }

    public bool PeerSockets { get; init; }

    /// <summary>A control plane of somebody else: none is started here.</summary>
    public bool RemoteControl { get; init; }

    /// <summary>Gateway port to host port, with the published ones.</summary>
    public IReadOnlyDictionary<int, int> GatewayPorts
    {
        get
        {
            var ports = new Dictionary<int, int>(Application.GatewayPorts);
            foreach (PublishedPort port in Published.Concat(Application.Publish)) { ports[port.HostPort] = port.HostPort; }
            return ports;
        }
    }

    /// <summary>The same with the application's gateway ports on one port of this machine.</summary>
    public UpOptions ServedOn(int hostPort) => this with
    {
        Application = Application with { GatewayPorts = Application.GatewayPorts.Keys.ToDictionary(p => p, _ => hostPort) },
    };
}
