using System.Collections.Immutable;
using System.Net;

namespace Weft.Wire.Dns;

/// <summary>Whom this host asks for names, and how (resolv.conf(5)).</summary>
public sealed record ResolverConfig
{
    public const int ServersMax = 3;
    public const int SearchMax = 32;
    public const int NdotsMax = 15;
    public const int TimeoutSecondsMax = 30;
    public const int AttemptsMax = 5;

    /// <summary>At most <see cref="ServersMax"/>; further ones are passed over, as the C library does.</summary>
    public ImmutableArray<IPAddress> Servers { get; init; } = [];

    /// <summary>Domains that short names are tried under, without a dot at their end.</summary>
    public ImmutableArray<string> Search { get; init; } = [];

    /// <summary>A name with so many dots is tried as it stands before it is tried under the search domains.</summary>
    public int Ndots { get; init; } = 1;

    /// <summary>What one server gets for one try.</summary>
    public int TimeoutSeconds { get; init; } = 5;

    /// <summary>Rounds over all servers.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Questions begin with another server each time.</summary>
    public bool Rotates { get; init; }

    /// <summary>Questions go over TCP at once.</summary>
    public bool UsesTcp { get; init; }
}
