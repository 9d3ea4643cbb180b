using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Policy.Authorization;
using Weft.Policy.Routing;

namespace Weft.Policy.Limits;

/// <summary>What the limits say of one request.</summary>
/// <param name="Limit">Null: it may pass.</param>
/// <param name="RetryAfter">When there will be room.</param>
public readonly record struct RateLimitDecision(RateLimitRule? Limit, TimeSpan RetryAfter)
{
    public bool Allowed => Limit is null;
}

/// <summary>All limits of one workload. Swapped whole; limits that did not change keep their buckets. A decision allocates nothing for a key that is known.</summary>
public sealed class RateLimitTable
{
    private RateLimitTable(ImmutableArray<RateLimitRule> rules) => Rules = rules;

    public static RateLimitTable None { get; } = new([]);

    public ImmutableArray<RateLimitRule> Rules { get; }

    public bool IsEmpty => Rules.IsEmpty;

    /// <param name="previous">The table that this one takes the place of.</param>
    public static RateLimitTable Compile(string name, IReadOnlyCollection<RateLimit> limits, RateLimitTable? previous = null, ICollection<PolicyProblem>? problems = null)
    {
        var sink = new ProblemSink(name, problems);
        RateLimitRule[] rules = [.. limits.Where(l => l.Requests > 0).Select((l, i) => RateLimitRule.Compile(l, i, previous, sink))];
        return rules.Length == 0 ? None : new RateLimitTable([.. rules]);
    }

    /// <summary>Every limit that matches gives one of its requests; the first one that has none refuses.</summary>
    public RateLimitDecision Decide<T>(in T facts, in ConnectionFacts connection, TimeSpan now)
        where T : IRequestFacts, allows ref struct
    {
        ref T request = ref System.Runtime.CompilerServices.Unsafe.AsRef(in facts);
        foreach (var rule in Rules)
        {
            if (rule.Matches(ref request) && !rule.TryTake(ref request, connection, now, out var retryAfter))
            {
                return new RateLimitDecision(rule, retryAfter);
            }
        }

        return default;
    }
}

/// <summary>One limit and its buckets.</summary>
public sealed class RateLimitRule
{
    private readonly RateLimit _source;
    private readonly ImmutableArray<MatchModel> _matches;
    private readonly RateLimitState _all;
    private readonly KeyedRateLimitState _keyed;
    private readonly Utf8Text _header;

    private RateLimitRule(RateLimit source, int index, RateLimitRule? same, ProblemSink problems)
    {
        problems.At(source.Origin);
        _source = source;
        Origin = source.Origin is null ? OriginModel.None : new OriginModel(source.Origin);
        _matches = [.. source.Matches.Select((m, i) => new MatchModel(m, $"rate_limits[{index}].matches[{i}]", problems))];
        _header = new Utf8Text(source.Header.ToLowerInvariant());
        double seconds = source.Per?.ToTimeSpan() is { Ticks: > 0 } per ? per.TotalSeconds : 1;
        Model = new RateLimitModel(source.Requests / seconds, (int)Math.Min(source.Burst > 0 ? source.Burst : source.Requests, int.MaxValue));
        _all = same?._all ?? new RateLimitState(Model);
        _keyed = same?._keyed ?? new KeyedRateLimitState(Model);
    }

    public OriginModel Origin { get; }

    public RateLimitModel Model { get; }

    internal static RateLimitRule Compile(RateLimit source, int index, RateLimitTable? previous, ProblemSink problems) =>
        new(source, index, previous?.Rules.FirstOrDefault(r => r._source.Equals(source)), problems);

    internal bool Matches<T>(ref T facts)
        where T : IRequestFacts, allows ref struct
    {
        foreach (var match in _matches)
        {
            if (match.Try(ref facts).IsMatch)
            {
                return true;
            }
        }

        return _matches.IsEmpty;
    }

    internal bool TryTake<T>(ref T facts, in ConnectionFacts connection, TimeSpan now, out TimeSpan retryAfter)
        where T : IRequestFacts, allows ref struct
    {
        switch (_source.KeyCase)
        {
            case RateLimit.KeyOneofCase.Header:
                facts.TryGetHeader(_header.Span, out var value); // who does not say it shares a bucket with all who do not
                return _keyed.TryTake(value, now, out retryAfter);
            case RateLimit.KeyOneofCase.Path:
                return _keyed.TryTake(facts.Path, now, out retryAfter);
            case RateLimit.KeyOneofCase.Peer:
                return _keyed.TryTake(connection.Peer is { } peer ? peer.Principal.Span : default, now, out retryAfter);
            case RateLimit.KeyOneofCase.SourceAddress:
                Span<byte> address = stackalloc byte[16];
                connection.Remote.Write(address);
                return _keyed.TryTake(address, now, out retryAfter);
            default:
                return _all.TryTake(now, out retryAfter);
        }
    }
}
