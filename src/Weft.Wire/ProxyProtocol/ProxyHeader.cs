using System.Net;

namespace Weft.Wire.ProxyProtocol;

/// <summary>One end of the connection that a PROXY header tells of. An IPv4 address stands in the low 32 bits.</summary>
public readonly record struct ProxyEndPoint(UInt128 Address, bool IsIpv6, ushort Port)
{
    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        return new IPEndPoint(new IPAddress(IsIpv6 ? bytes : bytes[12..]), Port);
    }

    public static ProxyEndPoint From(IPEndPoint endPoint)
    {
        Span<byte> bytes = stackalloc byte[16];
        bool isIpv6 = endPoint.Address.TryWriteBytes(bytes, out int written) && written == 16;
        UInt128 address = isIpv6
            ? System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes)
            : System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return new ProxyEndPoint(address, isIpv6, (ushort)endPoint.Port);
    }
}

/// <summary>What a proxy in front says of the connection it carries (PROXY protocol, versions 1 and 2).</summary>
/// <param name="IsLocal">LOCAL or UNKNOWN: the proxy speaks for itself, and the connection's own addresses are the right ones.</param>
public readonly record struct ProxyHeader(bool IsLocal, ProxyEndPoint Source, ProxyEndPoint Destination);
