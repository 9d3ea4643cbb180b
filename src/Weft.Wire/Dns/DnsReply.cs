using System.Collections.Immutable;
using System.Net;

namespace Weft.Wire.Dns;

/// <summary>What a server answered to one question of type A or AAAA.</summary>
/// <param name="Code">One of <see cref="DnsCode"/>, or another of RFC 6895 §2.3.</param>
/// <param name="IsTruncated">There is more than fitted: ask again over TCP. Nothing else is read of such an answer.</param>
/// <param name="Addresses">At the end of the question's chain of aliases; empty with <see cref="DnsCode.NoError"/>: the name has none of this type.</param>
/// <param name="TtlSeconds">The shortest on the way to the addresses; without any, what RFC 2308 §5 allows to remember that, 0 if nothing.</param>
public sealed record DnsReply(int Code, bool IsTruncated, ImmutableArray<IPAddress> Addresses, uint TtlSeconds)
{
    /// <summary>The server knows the answer, be it that there is no such name.</summary>
    public bool IsDefinite => Code is DnsCode.NoError or DnsCode.NameError;
}
