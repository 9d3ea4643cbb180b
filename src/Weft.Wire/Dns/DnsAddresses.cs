using System.Net;

namespace Weft.Wire.Dns;

/// <summary>Addresses for an answer, and how long they hold.</summary>
public readonly record struct DnsAddresses(IReadOnlyList<IPAddress> All, uint TtlSeconds)
{
    public static DnsAddresses None { get; } = new([], 0);
}
