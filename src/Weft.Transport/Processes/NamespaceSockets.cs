using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Weft.Transport.Processes;

/// <summary>
/// Sockets made in the namespace of the calling process, for somebody outside to use: a socket belongs to the
/// namespace in which it was made. All non-blocking and close-on-exec; the caller owns them.
/// </summary>
public static unsafe class NamespaceSockets
{
    private const int Backlog = 4096; // the proxy may be restarting; connections wait here meanwhile

    public static int Unconnected(AddressFamily family) =>
        Make(family == AddressFamily.InterNetworkV6 ? ProcessCalls.AF_INET6 : ProcessCalls.AF_INET, ProcessCalls.SOCK_STREAM);

    public static int Listen(IPEndPoint at)
    {
        int fd = Bound(at, ProcessCalls.SOCK_STREAM);
        return ProcessCalls.listen(fd, Backlog) == 0 ? fd : throw Failed(fd, $"listen on {at}");
    }

    public static int BindUdp(IPEndPoint at) => Bound(at, ProcessCalls.SOCK_DGRAM);

    /// <summary>Binds <paramref name="source"/> over <paramref name="target"/> in the caller's mount namespace.</summary>
    public static void BindMount(string source, string target)
    {
        if (ProcessCalls.mount(source, target, null, (nuint)ProcessCalls.MS_BIND, null) < 0)
        {
            throw new SystemCallException($"mount {source} on {target}", ProcessCalls.Error);
        }
    }

    private static int Bound(IPEndPoint at, int type)
    {
        bool v6 = at.AddressFamily == AddressFamily.InterNetworkV6;
        int fd = Make(v6 ? ProcessCalls.AF_INET6 : ProcessCalls.AF_INET, type);
        int on = 1;
        _ = ProcessCalls.setsockopt(fd, ProcessCalls.SOL_SOCKET, ProcessCalls.SO_REUSEADDR, &on, sizeof(int));
        if (v6) { _ = ProcessCalls.setsockopt(fd, ProcessCalls.IPPROTO_IPV6, ProcessCalls.IPV6_V6ONLY, &on, sizeof(int)); }

        // struct sockaddr_in: family, port, address; sockaddr_in6: family, port, flow, address, scope.
        Span<byte> address = stackalloc byte[28];
        address.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(address, (ushort)(v6 ? ProcessCalls.AF_INET6 : ProcessCalls.AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(address[2..], (ushort)at.Port);
        at.Address.TryWriteBytes(address[(v6 ? 8 : 4)..], out _);
        fixed (byte* raw = address)
        {
            return ProcessCalls.bind(fd, raw, v6 ? 28u : 16u) == 0 ? fd : throw Failed(fd, $"bind {at}");
        }
    }

    private static int Make(int domain, int type)
    {
        int fd = ProcessCalls.socket(domain, type | ProcessCalls.SOCK_NONBLOCK | ProcessCalls.SOCK_CLOEXEC, 0);
        return fd >= 0 ? fd : throw new SystemCallException("socket", ProcessCalls.Error);
    }

    private static SystemCallException Failed(int fd, string what)
    {
        int error = ProcessCalls.Error;
        Descriptor.Close(fd);
        return new SystemCallException(what, error);
    }
}
