using System.Collections.Frozen;
using System.Net;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>
/// The proxy stands in the host's network namespace and must not be the deputy by which a pod reaches what only the host may: loopback,
/// link-local (169.254.169.254 hands out cloud credentials) and the mesh's own listeners, unless declared.
/// </summary>
public sealed class DestinationGuard
{
    private const string UnixPrefix = "unix:"; // as SocketTarget prints it

    private readonly FrozenSet<int> _hostPorts;
    private readonly bool _allowLoopback;
    private readonly string _ownFiles;

    /// <param name="hostPorts">Ports of the host's loopback that the user declared (--host-port).</param>
    /// <param name="allowLoopback">The proxy shares the application's namespace (explicit mode, tests): its loopback is the application's own.</param>
    /// <param name="ownFiles">Below it lie the mesh's own sockets, by which its administrator comes in; empty: there is none.</param>
    public DestinationGuard(IEnumerable<int> hostPorts, bool allowLoopback = false, string ownFiles = "")
    {
        _ownFiles = ownFiles.Length > 0 ? ownFiles.TrimEnd('/') + '/' : "";
        _hostPorts = hostPorts.ToFrozenSet();
        _allowLoopback = allowLoopback;
    }

    public bool Allows(IPAddress address, int port)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IPAddress.IsLoopback(plain) || plain.Equals(IPAddress.Any) || plain.Equals(IPAddress.IPv6Any))
        {
            return _allowLoopback || _hostPorts.Contains(port);
        }

        return !IsLinkLocal(plain) && !plain.IsIPv6Multicast;
    }

    /// <summary>Whether a socket of the file system that a rule names may be dialled.</summary>
    public bool Allows(SocketTarget socket) => _ownFiles.Length == 0 || !socket.IsUnix
        || !Path.GetFullPath(socket.ToString()[UnixPrefix.Length..]).StartsWith(_ownFiles, StringComparison.Ordinal);

    private static bool IsLinkLocal(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int count);
        return count == 4 ? bytes[0] == 169 && bytes[1] == 254 : address.IsIPv6LinkLocal;
    }
}
