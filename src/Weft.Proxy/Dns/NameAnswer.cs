using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Weft.Proxy.Dns;

internal enum NameStatus : byte
{
    /// <summary>No server said anything definite.</summary>
    Unknown,

    Found,

    /// <summary>The name exists, with no address of this kind.</summary>
    NoAddress,

    NoName,
}

/// <summary>What a name means now.</summary>
/// <param name="Addresses">In the server's order, IPv4 before IPv6; empty unless <see cref="NameStatus.Found"/>.</param>
/// <param name="ValidUntilMs">On the loop's clock.</param>
internal readonly record struct NameAnswer(NameStatus Status, ImmutableArray<IPAddress> Addresses, long ValidUntilMs)
{
    public static NameAnswer Unknown { get; } = new(NameStatus.Unknown, [], 0);

    public bool IsFound => Status is NameStatus.Found;

    public static NameAnswer Of(ImmutableArray<IPAddress> addresses, long validUntilMs) => new(NameStatus.Found, addresses, validUntilMs);

    /// <summary>Seconds for who is told of it, never 0.</summary>
    public uint TtlSeconds(long nowMs) => (uint)Math.Clamp((ValidUntilMs - nowMs) / 1_000, NameLimits.TtlSecondsMin, NameLimits.TtlSecondsMax);

    /// <summary>Only addresses of the given family.</summary>
    public NameAnswer Only(AddressFamily family)
    {
        ImmutableArray<IPAddress> own = Addresses.RemoveAll(a => a.AddressFamily != family);
        return IsFound && own.IsEmpty ? this with { Status = NameStatus.NoAddress, Addresses = own } : this with { Addresses = own };
    }

    /// <summary>Both families of one name together.</summary>
    /// <param name="retryMs">When to ask again for the family that was not answered, on the loop's clock.</param>
    public static NameAnswer Join(in NameAnswer four, in NameAnswer six, long retryMs)
    {
        long until = Math.Min(four.Status is NameStatus.Unknown ? retryMs : four.ValidUntilMs, six.Status is NameStatus.Unknown ? retryMs : six.ValidUntilMs);
        if (four.IsFound || six.IsFound)
        {
            return new NameAnswer(NameStatus.Found, four.Addresses.AddRange(six.Addresses), until);
        }

        if (four.Status is NameStatus.NoName || six.Status is NameStatus.NoName)
        {
            return new NameAnswer(NameStatus.NoName, [], until);
        }

        return new NameAnswer(four.Status is NameStatus.Unknown ? four.Status : six.Status, [], until);
    }
}
