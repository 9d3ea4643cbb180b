using System.Buffers.Binary;
using System.Net;

namespace Weft.ControlPlane.Admission;

/// <summary>
/// Addresses of one IPv4 range, handed out going round, so that a freed one is reused last. Thread-safe. Where the round
/// stands is the caller's to keep: <see cref="Position"/> goes out, the constructor takes it back.
/// </summary>
public sealed class AddressPool
{
    private readonly Lock _gate = new();
    private readonly uint _first;
    private readonly uint _size;
    private readonly HashSet<uint> _reserved = [];
    private uint _next;

    /// <param name="network">The first address; it and the last one of the range are never handed out.</param>
    public AddressPool(IPAddress network, int prefixLength, uint position)
    {
        _first = ToNumber(network);
        _size = 1u << (32 - prefixLength);
        _next = position % _size;
    }

    /// <summary>The offset that is tried next.</summary>
    public uint Position
    {
        get
        {
            lock (_gate)
            {
                return _next;
            }
        }
    }

    /// <summary>
    /// An address that neither <paramref name="inUse"/> nor an earlier call has, or null when the range is used up. It stays
    /// reserved until <see cref="Settle"/>, which closes the gap between choosing and storing.
    /// </summary>
    public string? Reserve(IReadOnlySet<string> inUse)
    {
        lock (_gate)
        {
            for (uint tried = 0; tried < _size; tried++)
            {
                uint offset = _next;
                _next = (_next + 1) % _size;
                if (offset == 0 || offset == _size - 1 || _reserved.Contains(offset))
                {
                    continue;
                }

                string address = ToText(_first + offset);
                if (!inUse.Contains(address))
                {
                    _reserved.Add(offset);
                    return address;
                }
            }

            return null;
        }
    }

    /// <summary>The address is stored, or the write failed: either way the store's state speaks for it from now on.</summary>
    public void Settle(string address)
    {
        if (IPAddress.TryParse(address, out IPAddress? parsed))
        {
            lock (_gate)
            {
                _reserved.Remove(ToNumber(parsed) - _first);
            }
        }
    }

    public bool Contains(string address) =>
        IPAddress.TryParse(address, out IPAddress? parsed) && parsed.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
        && ToNumber(parsed) - _first < _size;

    private static uint ToNumber(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    private static string ToText(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes).ToString();
    }
}
