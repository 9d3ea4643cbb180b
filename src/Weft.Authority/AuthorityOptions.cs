namespace Weft.Authority;

/// <summary>What an operator may choose about the certificate authority. Durations have ranges; outside them the constructor throws.</summary>
public sealed record AuthorityOptions
{
    public const string DefaultTrustDomain = "cluster.local";

    /// <summary>Where roots, keys and tokens are kept; made 0700.</summary>
    public required string Directory { get; init; }

    public string TrustDomain { get; init; } = DefaultTrustDomain;

    /// <summary>How long a workload's certificate lives. Shorter limits a stolen key, longer rides out a dead control plane.</summary>
    public TimeSpan SvidLifetime { get; init => field = InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)); } = TimeSpan.FromHours(24);

    /// <summary>How far a certificate's beginning lies in the past, for peers whose clock is behind.</summary>
    public TimeSpan Backdate { get; init => field = InRange(value, TimeSpan.Zero, TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(5);

    public TimeSpan RootLifetime { get; init => field = InRange(value, TimeSpan.FromHours(1), TimeSpan.FromDays(7305)); } = TimeSpan.FromDays(3653);

    /// <summary>A new root is announced when the signing one has less than this left. Must exceed overlap and SVID lifetime together.</summary>
    public TimeSpan RotateBefore { get; init => field = InRange(value, TimeSpan.FromMinutes(10), TimeSpan.FromDays(3653)); } = TimeSpan.FromDays(365);

    /// <summary>How long a new root is only announced before it signs: every proxy must have taken the bundle by then.</summary>
    public TimeSpan AnnounceFor { get; init => field = InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)); } = TimeSpan.FromHours(24);

    /// <summary>Unused tokens kept at once; more are refused until some are used or expire.</summary>
    public int TokensOutstandingMax { get; init => field = InRange(value, 1, 1_000_000); } = 10_000;

    private static T InRange<T>(T value, T least, T most)
        where T : IComparable<T> =>
        value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"must be between {least} and {most}");
}
