using System.Net;

namespace Weft.ControlPlane.Keys;

/// <summary>How keys of token issuers are fetched.</summary>
public sealed record JwksOptions
{
    /// <summary>A larger document is refused: it goes to every proxy of the rule.</summary>
    public const int DocumentBytesMax = 256 << 10;

    public const int RedirectsMax = 3;

    /// <summary>Sources fetched; rules beyond them get no keys.</summary>
    public const int SourcesMax = 1_000;

    /// <summary>Where good keys are kept for the next start; null: nowhere.</summary>
    public string? Directory { get; init; }

    /// <summary>Link-local and metadata addresses are asked only where they lie in one of these.</summary>
    public IReadOnlyList<IPNetwork> AllowedNetworks { get; init; } = [];

    /// <summary>PEM of authorities that are trusted besides the system's.</summary>
    public string AuthoritiesPem { get; init; } = "";

    /// <summary>Between two fetches of keys that are there (istiod's).</summary>
    public TimeSpan Refresh { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>After a failure; doubles up to <see cref="RetryMax"/>.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan RetryMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>For a whole fetch, redirects and discovery included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
