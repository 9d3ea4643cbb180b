using System.Collections.Immutable;

namespace Weft.Dialects.Istio;

/// <summary>Keys of token issuers as they were fetched last: what the compiler gets beside the resources. Immutable.</summary>
public sealed class IssuerKeys
{
    private readonly ImmutableDictionary<JwksSource, FetchedKeys> _fetched;

    private IssuerKeys(ImmutableDictionary<JwksSource, FetchedKeys> fetched) => _fetched = fetched;

    public static IssuerKeys Empty { get; } = new(ImmutableDictionary<JwksSource, FetchedKeys>.Empty);

    public IEnumerable<JwksSource> Sources => _fetched.Keys;

    /// <summary>Null: nothing was tried yet.</summary>
    public FetchedKeys? Find(JwksSource source) => _fetched.GetValueOrDefault(source);

    public IssuerKeys With(JwksSource source, FetchedKeys keys) => new(_fetched.SetItem(source, keys));

    public IssuerKeys Only(IReadOnlySet<JwksSource> sources) => new(_fetched.RemoveRange(_fetched.Keys.Where(s => !sources.Contains(s))));
}

/// <summary>What is known of one source.</summary>
/// <param name="Jwks">The last good document (RFC 7517 §5); empty: there was none yet.</param>
/// <param name="Problem">Why the last try failed; empty: it did not.</param>
public sealed record FetchedKeys(string Jwks, string Problem);
