using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Weft.Policy;

/// <summary>An IP address as a number. IPv4 is held in its IPv6-mapped form, so a dual-stack socket's peer compares as what it is.</summary>
public readonly record struct IpValue(UInt128 Bits, bool IsKnown)
{
    private static readonly UInt128 MappedPrefix = new(0, 0x0000_FFFF_0000_0000);

    public bool IsV4 => IsKnown && (Bits >> 32) == (MappedPrefix >> 32);

    public static IpValue From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out int written) ? From(bytes[..written]) : default;
    }

    /// <summary>4 or 16 bytes in network order; anything else is an unknown address.</summary>
    public static IpValue From(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => new IpValue(MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(bytes), true),
        16 => new IpValue(BinaryPrimitives.ReadUInt128BigEndian(bytes), true),
        _ => default,
    };

    public static bool TryParse(string text, out IpValue value)
    {
        value = default;
        if (!IPAddress.TryParse(text, out var address) || (address.AddressFamily == AddressFamily.InterNetwork && text.AsSpan().Count('.') != 3))
        {
            return false;
        }

        value = From(address);
        return value.IsKnown;
    }

    /// <summary>The 16 bytes in network order, for hashing.</summary>
    public void Write(Span<byte> sixteen) => BinaryPrimitives.WriteUInt128BigEndian(sixteen, Bits);

    /// <summary>Of a known one.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        Write(bytes);
        return new IPAddress(IsV4 ? bytes[12..] : bytes);
    }

    public override string ToString() => IsKnown ? ToIPAddress().ToString() : "unknown";
}

/// <summary>A CIDR block; a plain address is a block of one.</summary>
public readonly record struct IpBlock(UInt128 Network, UInt128 Mask)
{
    public bool Contains(IpValue address) => address.IsKnown && (address.Bits & Mask) == Network;

    public static bool TryParse(string text, out IpBlock block)
    {
        block = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IpValue.TryParse(slash < 0 ? text : text[..slash], out var address))
        {
            return false;
        }

        int bitsMax = address.IsV4 && !text.Contains(':', StringComparison.Ordinal) ? 32 : 128;
        int bits = bitsMax;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, null, out bits) || bits > bitsMax))
        {
            return false;
        }

        int length = 128 - bitsMax + bits;
        var mask = length == 0 ? UInt128.Zero : UInt128.MaxValue << (128 - length);
        block = new IpBlock(address.Bits & mask, mask);
        return true;
    }
}
