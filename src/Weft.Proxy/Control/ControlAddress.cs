using Weft.Proxy.Dns;
using Weft.Proxy.Host;
using Weft.Transport;

namespace Weft.Proxy.Control;

/// <summary>Where the control plane is: a unix socket, or a host and port whose name is resolved for every connection. Control loop only.</summary>
internal sealed class ControlAddress
{
    private const string UnixScheme = "unix:";

    private readonly NameClient _names;
    private readonly SocketTarget? _fixed;
    private readonly string _host = "";
    private readonly int _port;

    /// <param name="control">"host:port" or "unix:PATH"; anything else throws <see cref="BootstrapException"/>.</param>
    public ControlAddress(string control, NameClient names)
    {
        _names = names;
        if (control.StartsWith(UnixScheme, StringComparison.Ordinal))
        {
            Authority = "weft-control";
            _fixed = SocketTarget.Unix(control[UnixScheme.Length..]);
            return;
        }

        int colon = control.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(control.AsSpan(colon + 1), out _port))
        {
            throw new BootstrapException($"The bootstrap field 'control' must be \"host:port\", it is '{control}'.");
        }

        Authority = control;
        _host = control[..colon].Trim('[', ']');
    }

    public string Authority { get; }

    /// <summary>Null: the name does not resolve now.</summary>
    public async LoopTask<SocketTarget?> ResolveAsync()
    {
        if (_fixed is not null)
        {
            return _fixed;
        }

        NameAnswer answer = await _names.ResolveAsync(_host);
        return answer.IsFound ? SocketTarget.Ip(answer.Addresses[0], _port) : null;
    }
}
