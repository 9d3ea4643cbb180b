using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>An address in the kernel's own form, made once and used for any number of sockets. Immutable.</summary>
public sealed class SocketTarget : IEquatable<SocketTarget>
{
    // struct sockaddr_un: two bytes of family, then the path.
    private const int UnixPathOffset = 2;
    private const int UnixPathMax = 107;
    private const int BytesMax = 128;

    private readonly byte[] _bytes;
    private readonly int _hash;

    private SocketTarget(byte[] bytes, int family, string? path = null)
    {
        _bytes = bytes;
        Family = family;
        Path = path;
        var hash = new HashCode();
        hash.AddBytes(bytes);
        _hash = hash.ToHashCode();
    }

    internal int Family { get; }

    internal ReadOnlySpan<byte> Bytes => _bytes;

    public bool IsUnix => Family == Flags.AF_UNIX;

    /// <summary>Of a unix socket.</summary>
    private string? Path { get; }

    public static SocketTarget Ip(IPEndPoint endPoint) => Ip(endPoint.Address, endPoint.Port);

    public static SocketTarget Ip(IPAddress address, int port)
    {
        bool four = address.AddressFamily == AddressFamily.InterNetwork;
        byte[] bytes = new byte[four ? 16 : 28];
        BitConverter.TryWriteBytes(bytes, (ushort)(four ? Flags.AF_INET : Flags.AF_INET6));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)port);
        address.TryWriteBytes(bytes.AsSpan(four ? 4 : 8), out _);
        if (!four)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(24), (uint)address.ScopeId);
        }

        return new SocketTarget(bytes, four ? Flags.AF_INET : Flags.AF_INET6);
    }

    /// <summary>A socket in the file system, or with a leading '@' in the abstract namespace (unix(7)).</summary>
    public static SocketTarget Unix(string path)
    {
        int length = Encoding.UTF8.GetByteCount(path);
        if (length is 0 or > UnixPathMax)
        {
            throw new ArgumentException($"A unix socket's path is 1 to {UnixPathMax} bytes long, '{path}' has {length}; choose a shorter directory.", nameof(path));
        }

        bool isAbstract = path[0] == '@';
        byte[] bytes = new byte[UnixPathOffset + length + (isAbstract ? 0 : 1)];
        BitConverter.TryWriteBytes(bytes, (ushort)Flags.AF_UNIX);
        Encoding.UTF8.GetBytes(path, bytes.AsSpan(UnixPathOffset));
        if (isAbstract)
        {
            bytes[UnixPathOffset] = 0;
        }

        return new SocketTarget(bytes, Flags.AF_UNIX, path);
    }

    public bool Equals(SocketTarget? other) => ReferenceEquals(this, other) || (other is not null && _hash == other._hash && Bytes.SequenceEqual(other.Bytes));

    public override bool Equals(object? obj) => Equals(obj as SocketTarget);

    public override int GetHashCode() => _hash;

    /// <summary>For logs: made each time, since a proxy keeps thousands of targets and who prints one often keeps its text.</summary>
    public override string ToString()
    {
        if (Path is not null)
        {
            return $"unix:{Path}";
        }

        int port = BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(2));
        IPAddress address = Family == Flags.AF_INET ? new IPAddress(_bytes.AsSpan(4, 4)) : new IPAddress(_bytes.AsSpan(8, 16), BitConverter.ToUInt32(_bytes, 24));
        return new IPEndPoint(address, port).ToString();
    }

    /// <summary>Reads what the kernel wrote; null for an address without a name.</summary>
    internal static IPEndPoint? ToEndPoint(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 8)
        {
            return null;
        }

        int port = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        return BitConverter.ToUInt16(bytes) switch
        {
            Flags.AF_INET => new IPEndPoint(new IPAddress(bytes.Slice(4, 4)), port),
            Flags.AF_INET6 when bytes.Length >= 28 => new IPEndPoint(Simplify(new IPAddress(bytes.Slice(8, 16))), port),
            _ => null,
        };
    }

    internal const int KernelBytesMax = BytesMax;

    private static IPAddress Simplify(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
